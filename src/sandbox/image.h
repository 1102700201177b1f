/*
 * image: a container image in the storage of the user's rootless podman. Its
 * files take the place of the host's system in the sandbox (A, B). podman only
 * says where the image's layers are: nothing is pulled, and no container is
 * made.
 */
#ifndef ASSENT_SANDBOX_IMAGE_H
#define ASSENT_SANDBOX_IMAGE_H

#include "base/err.h"

struct image {
	char	*name;		/* as the user wrote it */
	char	*id;
	char	*layers;	/* folders, the uppermost first, with ":"
				   between them */
	char	*path;		/* its PATH; NULL: it sets none */
	char	**environment;	/* its other "NAME=/folder", for sandbox_spec;
				   NULL-terminated */
};

/* Find the image that the setting `sandbox` names: 1; 0 if it names none; -1
 * with a message. Takes at most 20 seconds. */
int	image_find(const char *sandbox, const char *project, struct image *,
	    struct err *);
void	image_release(struct image *);

#endif
