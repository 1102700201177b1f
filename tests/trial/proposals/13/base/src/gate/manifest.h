/*
 * manifest: for every staged path, the content it was copied from and its
 * content when last scanned. Losing it would make `before` a guess, so two JSON
 * files are written in turn, each with a serial and its hash: while one may be
 * torn, the other is whole and durable. An id is a file's stat data; it stands
 * for the content only if it is `settled`: a file that changed a moment ago could
 * change again without new times.
 */
#ifndef ASSENT_GATE_MANIFEST_H
#define ASSENT_GATE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct stage_id {
	int64_t		 mtime_s, mtime_ns, ctime_s, ctime_ns;
	int64_t		 size;
	uint64_t	 ino;		/* 0: unknown */
	unsigned	 mode;
	bool		 settled;
};

