/* The signatures come from the formats' specifications. A new one is a row. */
#include "config.h"

#include "gate/filetype.h"

#include <string.h>

#include "base/mem.h"

#define S(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
	const char	*name;
	bool		 built;
	size_t		 at;
	const char	*bytes;
	size_t		 len;
	size_t		 more_at;	/* a second position, or 0 */
	const char	*more;
	size_t		 more_len;
} filetype_table[] = {
	{ "PNG image", false, 0, S("\x89PNG\r\n\x1a\n"), 0, NULL, 0 },
	{ "JPEG image", false, 0, S("\xff\xd8\xff"), 0, NULL, 0 },
	{ "GIF image", false, 0, S("GIF8"), 0, NULL, 0 },
	{ "WebP image", false, 0, S("RIFF"), 8, S("WEBP") },
	{ "WAV sound", false, 0, S("RIFF"), 8, S("WAVE") },
	{ "PDF document", false, 0, S("%PDF-"), 0, NULL, 0 },
	{ "ELF program or library", true, 0, S("\x7f" "ELF"), 0, NULL, 0 },
	{ "Mach-O program or library", true, 0, S("\xcf\xfa\xed\xfe"), 0, NULL, 0 },
	{ "Windows program or library", true, 0, S("MZ"), 0, NULL, 0 },
	{ "WebAssembly module", true, 0, S("\0asm"), 0, NULL, 0 },
	{ "Java class", true, 0, S("\xca\xfe\xba\xbe\0\0"), 0, NULL, 0 },
	{ "library archive (ar)", true, 0, S("!<arch>\n"), 0, NULL, 0 },
	{ "zip archive, or a format made of one", false, 0, S("PK\x03\x04"), 0,
	    NULL, 0 },
	{ "gzip data", false, 0, S("\x1f\x8b"), 0, NULL, 0 },
	{ "bzip2 data", false, 0, S("BZh"), 0, NULL, 0 },
	{ "xz data", false, 0, S("\xfd" "7zXZ\0"), 0, NULL, 0 },
	{ "zstd data", false, 0, S("\x28\xb5\x2f\xfd"), 0, NULL, 0 },
	{ "tar archive", false, 257, S("ustar"), 0, NULL, 0 },
	{ "SQLite database", false, 0, S("SQLite format 3\0"), 0, NULL, 0 },
	{ "TrueType font", false, 0, S("\0\x01\0\0\0"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOFF"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOF2"), 0, NULL, 0 },
	{ "Ogg sound or film", false, 0, S("OggS"), 0, NULL, 0 },
	{ "MP3 sound", false, 0, S("ID3"), 0, NULL, 0 },
	{ "git pack", false, 0, S("PACK\0\0\0"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xff\xfe"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xfe\xff"), 0, NULL, 0 },
};
/* clang-format on */

static int
filetype_is(const void *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return n >= at && n - at >= len &&
	    memcmp((const char *)p + at, bytes, len) == 0;
}

/* The row, or -1. */
static int
filetype_find(const void *p, size_t n)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(filetype_table); i++)
		if (filetype_is(p, n, filetype_table[i].at,
		    filetype_table[i].bytes, filetype_table[i].len) &&
		    (filetype_table[i].more == NULL ||
		    filetype_is(p, n, filetype_table[i].more_at,
		    filetype_table[i].more, filetype_table[i].more_len)))
			return (int)i;
	return -1;
}

const char *
filetype_name(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i < 0 ? NULL : filetype_table[i].name;
}

bool
filetype_is_built(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i >= 0 && filetype_table[i].built;
}
