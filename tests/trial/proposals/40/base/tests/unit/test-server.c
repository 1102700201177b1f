/*
 * The end of a core: who reads slowly gets all of it, who does not read at all
 * keeps nobody.
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#define LINE_BYTES	((size_t)1 << 20)
/* All of it takes longer than the patience, a piece far less: this process may
 * stand still for a while, too. */
#define PATIENCE_MS	2000
#define PIECE		16384
#define PIECE_MS	60

struct reader {
	struct loop	*loop;
	struct server	*server;
	int		 fd;
	size_t		 got;
};

