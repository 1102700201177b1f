/*
 * host-advice: what helps on this host when a sandbox could not be built, as
 * the one
 * exact package, sysctl, profile or option where it can be told from here.  It
 * reads the kernel's settings and nothing else, and changes nothing.
 */
#ifndef ASSENT_SANDBOX_HOST_HOST_ADVICE_H
#define ASSENT_SANDBOX_HOST_HOST_ADVICE_H

struct host_advice_ask {
	const char	*step;		/* the failure: "overlay: ...", */
	int		 sys;		/* and its errno */
	const char	*worker;	/* path of assent-worker */
	const char	*state_dir;	/* where stages will live */
	const char	*top;		/* "" for this host; tests give a
					   folder with proc and the like */
	const char	*release;	/* the kernel's: "6.1.0-13-amd64" */
};

/* malloc'ed words, or NULL if nothing is known to help. */
char	*host_advice_for(const struct host_advice_ask *);
/* The AppArmor profile for this worker without its comments, as lines;
 * malloc'ed. contrib/apparmor/assent-worker is made from the same text. */
char	*host_advice_profile(const char *worker);

#endif
