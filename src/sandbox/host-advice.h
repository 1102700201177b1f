/*
 * host-advice: what to do on this host if a sandbox could not be built: the
 * exact package, sysctl, profile or option, if it can be determined. It only
 * reads the kernel's settings, and changes nothing.
 */
#ifndef ASSENT_SANDBOX_HOST_ADVICE_H
#define ASSENT_SANDBOX_HOST_ADVICE_H

struct host_advice_ask {
	const char	*step;		/* the failure: "overlay: ...", */
	int		 sys;		/* and its errno */
	const char	*worker;	/* path of assent-worker */
	const char	*top;		/* "" for this host; tests use a folder
					   with proc and so on */
	const char	*release;	/* the kernel's: "6.1.0-13-amd64" */
};

/* malloc'ed text, or NULL if no remedy is known. */
char	*host_advice_for(const struct host_advice_ask *);

#endif
