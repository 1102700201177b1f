/*
 * Of a card's nodes only those that compute: the others show the screen, and
 * change it. Of /sys only the card itself, by its real path: what is beside it
 * names the user's disks and networks.
 */
#include "config.h"

#include "sandbox/devices.h"

#include <glob.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* Sorted, as the setting's words are. */
static const struct device {
	const char	*name;
	const char	*nodes[4], *sys[4];	/* patterns */
} devices[] = {
	{ "dri", { "/dev/dri/renderD*" }, { "/sys/class/drm/renderD*/device" } },
	{ "kvm", { "/dev/kvm" }, { NULL } },
	{ "nvidia", { "/dev/nvidia[0-9]*", "/dev/nvidiactl",
	  "/dev/nvidia-uvm*", "/dev/nvidia-caps/*" },
	  { "/sys/bus/pci/drivers/nvidia/*:*", "/sys/module/nvidia*",
	    "/sys/devices/system/cpu", "/sys/devices/system/node" } },
};

struct devices_find {
	void		(*each)(void *arg, const char *path, const char *to);
	void		*arg;
};

/* A link in /sys, if it leads to something there. */
static void
devices_link(const struct devices_find *f, const char *path)
{
	AUTO_FREE char *to = fs_realpath(path);

	if (to != NULL && fs_is_below(to, "/sys/devices") &&
	    strcmp(to, path) != 0)
		f->each(f->arg, path, to);
}

/* A node, and the link by which libraries find its card. */
static void
devices_node(const struct devices_find *f, const char *path)
{
	struct stat st;
	char link[64];

	if (lstat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return;
	f->each(f->arg, path, NULL);
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", major(st.st_rdev),
	    minor(st.st_rdev));
	devices_link(f, link);
}

/* A folder of /sys, and the links that lead to it. */
static void
devices_folder(const struct devices_find *f, const char *path)
{
	AUTO_FREE char *to = fs_realpath(path), *bus = NULL;

	if (to == NULL || !fs_is_below(to, "/sys"))
		return;
	f->each(f->arg, to, to);
	devices_link(f, path);
	bus = xasprintf("/sys/bus/pci/devices%s", strrchr(to, '/'));
	devices_link(f, bus);
}

static void
devices_glob(const struct devices_find *f, const char *const *patterns,
    size_t n, void one(const struct devices_find *, const char *path))
{
	size_t i, k;
	glob_t g;

	for (i = 0; i < n && patterns[i] != NULL; i++) {
		if (glob(patterns[i], 0, NULL, &g) != 0)
			continue;
		for (k = 0; k < g.gl_pathc; k++)
			one(f, g.gl_pathv[k]);
		globfree(&g);
	}
}

bool
devices_known(const char *name)
{
	return MEM_FIND(devices, name) != NULL;
}

void
devices_each(const char *const *names, void each(void *arg, const char *path,
    const char *to), void *arg)
{
	const struct devices_find f = { each, arg };
	const struct device *d;

	for (; names != NULL && *names != NULL; names++) {
		if ((d = MEM_FIND(devices, *names)) == NULL)
			continue;
		devices_glob(&f, d->nodes, MEM_COUNT(d->nodes), devices_node);
		devices_glob(&f, d->sys, MEM_COUNT(d->sys), devices_folder);
	}
}
