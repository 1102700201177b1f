/* Declared encodings, and strict conversion. The samples' bytes are those of
 * Python's codecs; messages are tested with glibc's tables. */
#include "config.h"

#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define S(s) (s), sizeof(s) - 1

static const struct sample {
	const char	*name, *text, *bytes;
	size_t		 n;
} samples[] = {
	{ "UTF-16LE", "привет 😀\r\n",
	    S("?\004@\0048\0042\0045\004B\004 \000=\330\000\336\r\000\n\000") },
	{ "UTF-16BE", "naïve\n",
	    S("\000n\000a\000\357\000v\000e\000\n") },
	{ "UTF-32LE", "a😀\n",
	    S("a\000\000\000\000\366\001\000\n\000\000\000") },
	{ "UTF-32BE", "é\n",
	    S("\000\000\000\351\000\000\000\n") },
	{ "ISO-8859-1", "Größe: 5 µm, café\n",
	    S("Gr\366\337e: 5 \265m, caf\351\n") },
	{ "ISO-8859-15", "5 €\n",
	    S("5 \244\n") },
	{ "WINDOWS-1252", "“5 €” – naïve\r\n",
	    S("\2235 \200\224 \226 na\357ve\r\n") },
	{ "WINDOWS-1251", "Привет, мир №1\r\n",
	    S("\317\360\350\342\345\362, \354\350\360 \2711\r\n") },
	{ "KOI8-R", "Привет, мир\n",
	    S("\360\322\311\327\305\324, \315\311\322\n") },
	{ "CP866", "Привет\r\n",
	    S("\217\340\250\242\245\342\r\n") },
	{ "SHIFT_JIS", "表示\\n ~ ｱ ソース\n",
	    S("\225\134\216\246\134n ~ \261 \203\134\201[\203X\n") },
	{ "CP932", "①㈱ \\表～\r\n",
	    S("\207@\207\212 \134\225\134\201`\r\n") },
	{ "EUC-JP", "日本語 表\n",
	    S("\306\374\313\334\270\354 \311\275\n") },
	{ "GBK", "中文 測試 \n",
	    S("\326\320\316\304 \234y\324\207 \n") },
	{ "GB18030", "中文 😀 €\n",
	    S("\326\320\316\304 \2249\3746 \242\343\n") },
	{ "BIG5", "中文測試\n",
	    S("\244\244\244\345\264\372\270\325\n") },
	{ "EUC-KR", "한국어\n",
	    S("\307\321\261\271\276\356\n") },
	{ "CP949", "똠방각하\n",
	    S("\214c\271\346\260\242\307\317\n") },
	{ "UTF-8", "\xef\xbb\xbfé\n", S("\xef\xbb\xbf\303\251\n") },
};

/* As if the setting declared it. */
static struct encoding
named(const char *name)
{
	struct encoding c = { .from = "user settings" };

	snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

/* Each encoding of the table can be read, and written back: the first of these
 * characters that it has. */
TEST(test_table)
{
	static const char *const characters[] = { "é", "Ω", "ж", "한", "ก", "א",
		"ع", "ě", "日" };
	AUTO_FREE char *path = fs_join(getenv("srcdir"), "src/base/encoding.c");
	AUTO_BUF struct buf file = BUF_INIT(0), missing = BUF_INIT(0);
	char *line, *save = NULL, name[32];
	size_t n = 0, i;

	assert_int_equal(fs_read_file(AT_FDCWD, path, &file, NULL), 0);
	line = strstr(buf_str(&file), "encoding_rows[] = {\n");
	assert_non_null(line);
	for (line = strtok_r(line, "\n", &save); strcmp(line, "};") != 0;
	    line = strtok_r(NULL, "\n", &save)) {
		AUTO_JSON cJSON *user = cJSON_CreateObject();
		AUTO_BUF struct buf b = BUF_INIT(0);
		struct encodings *es;
		struct encoding c;

		if (sscanf(line, "\t{ \"%31[A-Z0-9_-]\", ", name) != 1)
			continue;
		cJSON_AddStringToObject(user, "*", name);
		es = encodings_new(-1, user);
		encodings_find(es, "new", "", 0, &c);
		encodings_free(es);
		for (i = 0; i < MEM_COUNT(characters); i++)
			if (encoding_encode(&c, characters[i],
			    strlen(characters[i]), &b, NULL) == 0)
				break;
		n++;
		if (i == MEM_COUNT(characters) || encodings_check(user, NULL) < 0)
			buf_addf(&missing, " %s", name);
	}
	assert_in_range(n, 50, 100);
#ifdef _LIBICONV_VERSION
	assert_string_equal(buf_str(&missing), " EUC-JP-MS");
#else
	assert_string_equal(buf_str(&missing), "");
#endif
}

TEST(test_round_trip)
{
	static const char *const marks[] = { "UTF-16LE", "UTF-16BE", "UTF-32LE",
		"UTF-32BE" };
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT(0), bytes = BUF_INIT(0), long_text =
	    BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		struct encoding c = named(s->name);

		print_message("# %s\n", s->name);
		buf_clear(&text);
		buf_clear(&bytes);
		if (encoding_decode(&c, s->bytes, s->n, &text, &e) < 0 ||
		    encoding_encode(&c, s->text, strlen(s->text), &bytes,
		    &e) < 0)
			fail_msg("%s", e.text);
		assert_string_equal(buf_str(&text), s->text);
		assert_int_equal(bytes.len, s->n);
		assert_memory_equal(bytes.p, s->bytes, s->n);

		/* Longer than the pieces of the conversion; after what is there. */
		buf_clear(&long_text);
		while (long_text.len < 20000)
			buf_adds(&long_text, s->text);
		buf_clear(&text);
		buf_clear(&bytes);
		buf_adds(&text, "before");
		assert_int_equal(encoding_encode(&c, long_text.p,
		    long_text.len, &bytes, &e), 0);
		assert_int_equal(encoding_decode(&c, bytes.p, bytes.len, &text,
		    &e), 0);
		assert_int_equal(text.len, long_text.len + 6);
		assert_memory_equal(text.p + 6, long_text.p, long_text.len);
	}
	/* A mark is a character of the text, and comes back. */
	for (i = 0; i < 4; i++) {
		struct encoding c = named(marks[i]);

		buf_clear(&text);
		buf_clear(&bytes);
		assert_int_equal(encoding_encode(&c, S("\xef\xbb\xbfx\n"),
		    &bytes, &e), 0);
		assert_int_equal(encoding_decode(&c, bytes.p, bytes.len, &text,
		    &e), 0);
		assert_string_equal(buf_str(&text), "\xef\xbb\xbfx\n");
	}
	/* Nothing is nothing, in each. */
	for (i = 0; i < MEM_COUNT(samples); i++) {
		struct encoding c = named(samples[i].name);

		buf_clear(&text);
		assert_int_equal(encoding_decode(&c, "", 0, &text, &e), 0);
		assert_int_equal(text.len, 0);
	}
	buf_release(&text);
	buf_release(&bytes);
	buf_release(&long_text);
}

#ifdef __GLIBC__
TEST(test_decode_refuses)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		const char *error;
	} t[] = {
		{ "SHIFT_JIS", S("a\nb \x87\x40\n"), "line 2: byte 0x87 (4 bytes "
		    "into the file) begins no character of SHIFT_JIS; try CP932, "
		    "which has more of them" },
		{ "SHIFT_JIS", S("\x87\x40 \xff\n"), "line 1: byte 0x87 (0 bytes "
		    "into the file) begins no character of SHIFT_JIS" },
		{ "EUC-JP", S("\xc6"), "line 1: byte 0xC6 (0 bytes into the "
		    "file) begins no character of EUC-JP" },
		{ "UTF-16LE", S("a\0\n\0b"), "line 2: byte 0x62 (4 bytes into "
		    "the file) begins no character of UTF-16LE" },
		{ "UTF-16LE", S("\x3d\xd8\n\0"), "line 1: byte 0x3D (0 bytes into "
		    "the file) begins no character of UTF-16LE" },
		{ "UTF-32BE", S("\0\x11\0\0"), "line 1: byte 0x00 (0 bytes into "
		    "the file) begins no character of UTF-32BE" },
		{ "UTF-16LE", S("a\0\0\0"), "it has a NUL, so it isn't text" },
		{ "ISO-8859-1", S("\xe9\0"), "it has a NUL, so it isn't text" },
		{ "UTF-8", S("a\n\xe9\n"), "line 2: byte 0xE9 (2 bytes into the "
		    "file) begins no character of UTF-8" },
		/* The wrong encoding is declared. */
		{ "ISO-8859-1", S("\303\251\n"), "its bytes are UTF-8" },
		{ "UTF-16LE", S("#!/bin/sh\n"), "its bytes are UTF-8" },
		{ "UTF-16LE", S("#!/bin/sh\n#\001\377\n"), "it has no NUL, as "
		    "each line end of UTF-16LE has" },
		{ "UTF-16", S("a\0"), "it has no byte order mark: only "
		    "UTF-16LE or UTF-16BE says how to read it" },
		{ "NO-SUCH", S("\xe9"), "iconv can't convert NO-SUCH to "
		    "UTF-8" },
	};
	struct buf text = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct encoding c = named(t[i].name);
		struct err e = ERR_INIT;

		buf_clear(&text);
		buf_adds(&text, "before");
		assert_int_equal(encoding_decode(&c, t[i].bytes, t[i].n, &text,
		    &e), -1);
		assert_string_equal(e.text, t[i].error);
		assert_string_equal(buf_str(&text), "before");
	}
	buf_release(&text);
}

/* Bytes that stand for a character which has others: 0x8790 and 0x81E0 are both
 * U+2252. The first becomes the second, so such a file isn't converted. */
TEST(test_bytes_that_would_change)
{
	struct encoding c = named("CP932");
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT(0);

	assert_int_equal(encoding_decode(&c, S("a\n\x81\xe0\n"), &text, &e), 0);
	assert_int_equal(encoding_decode(&c, S("a\n\x87\x90\n"), &text, &e), -1);
	assert_string_equal(e.text, "its bytes would not be the same after "
	    "conversion from CP932 and back, from line 2 on");
	buf_release(&text);
}

TEST(test_encode_refuses)
{
	static const struct { const char *name, *text, *error; } t[] = {
		{ "SHIFT_JIS", "a\nb①c", "line 2, character 2: \"①\" (U+2460) "
		    "isn't in SHIFT_JIS, but in CP932, which the file may be "
		    "meant to have" },
		{ "SHIFT_JIS", "表㈱", "line 1, character 2: \"㈱\" (U+3231) "
		    "isn't in SHIFT_JIS, but in CP932, which the file may be "
		    "meant to have" },
		{ "ISO-8859-1", "€", "line 1, character 1: \"€\" (U+20AC) isn't "
		    "in ISO-8859-1, but in WINDOWS-1252, which the file may be "
		    "meant to have" },
		{ "KOI8-R", "жé", "line 1, character 2: \"é\" (U+00E9) isn't "
		    "in KOI8-R" },
		{ "WINDOWS-1252", "a\n\ne\xcc\x81", "line 3, character 2: "
		    "\"<U+0301>\" (U+0301) isn't in WINDOWS-1252" },
		{ "EUC-KR", "😀", "line 1, character 1: \"😀\" (U+1F600) isn't "
		    "in EUC-KR" },
		/* iconv makes another character of these. */
		{ "SHIFT_JIS", "\\~ 5 ¥", "line 1, character 6: \"¥\" (U+00A5) "
		    "isn't in SHIFT_JIS" },
		{ "CP932", "9〜17", "line 1, character 2: \"〜\" (U+301C) isn't "
		    "in CP932" },
	};
	struct buf bytes = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct encoding c = named(t[i].name);
		struct err e = ERR_INIT;

		print_message("# %s\n", t[i].error);
		buf_clear(&bytes);
		buf_adds(&bytes, "before");
		assert_int_equal(encoding_encode(&c, t[i].text,
		    strlen(t[i].text), &bytes, &e), -1);
		assert_string_equal(e.text, t[i].error);
		assert_string_equal(buf_str(&bytes), "before");
	}
	buf_release(&bytes);
}

#endif

/* Whatever the bytes are, either they come back or nothing is converted. Quick
 * numbers, always the same. */
TEST(test_any_bytes)
{
	struct buf text = BUF_INIT(0), back = BUF_INIT(0);
	uint32_t x = 1;
	size_t i, k, n, round, converted = 0;
	char bytes[24];

	for (i = 0; i < MEM_COUNT(samples); i++)
		for (round = 0; round < 60; round++) {
			struct encoding c = named(samples[i].name);

			n = round % sizeof(bytes) + 1;
			for (k = 0; k < n; k++) {
				x = x * 1664525 + 1013904223;
				bytes[k] = (x >> 30) == 0 ? (char)(x >> 20) :
				    samples[i].bytes[(x >> 8) % samples[i].n];
			}
			buf_clear(&text);
			buf_clear(&back);
			if (encoding_decode(&c, bytes, n, &text, NULL) < 0)
				continue;
			converted++;
			assert_int_equal(encoding_encode(&c, buf_str(&text),
			    text.len, &back, NULL), 0);
			assert_int_equal(back.len, n);
			assert_memory_equal(back.p, bytes, n);
		}
	assert_true(converted > 100);
	buf_release(&text);
	buf_release(&back);
}

#ifdef __GLIBC__
TEST(test_setting)
{
	static const struct { const char *json, *error; } t[] = {
		{ "{}", "" },
		{ "{\"*.ini\":\"shift_jis\",\"src/old/\":\"Latin1\","
		    "\"a\":\"CP932\",\"b\":\"utf-16le\",\"c\":\"IBM855\"}", "" },
		{ "[]", "must be an object, such as {\"*.ini\": "
		    "\"shift_jis\"}" },
		{ "{\"*\":1}", "\"*\" must be a string" },
		{ "{\"!*\":\"utf-8\"}", "\"!*\" is no pattern; to take files "
		    "out, say \"utf-8\" for them in a later one" },
		{ "{\"*\":\"widows-1252\"}", "iconv can't convert "
		    "\"widows-1252\" (iconv -l lists what it can); did you "
		    "mean \"WINDOWS-1252\"?" },
		{ "{\"*\":\"latin1//TRANSLIT\"}", "\"latin1//TRANSLIT\" is no "
		    "name of an encoding; did you mean \"LATIN1\"?" },
		{ "{\"*\":\"\"}", "\"\" is no name of an encoding; did you mean "
		    "\"UTF-8\"?" },
		{ "{\"*\":\"UTF-7\"}", "\"UTF-7\" gives ASCII bytes another "
		    "meaning, so that a diff could hide a line" },
		{ "{\"*\":\"ISO-2022-JP\"}", "\"ISO-2022-JP\" gives ASCII bytes "
		    "another meaning, so that a diff could hide a line" },
		{ "{\"*\":\"IBM037\"}", "\"IBM037\" gives ASCII bytes another "
		    "meaning, so that a diff could hide a line" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		cJSON *v = json_parse(t[i].json, strlen(t[i].json),
		    JSON_NUL_REFUSE, NULL);
		struct err e = ERR_INIT;

		assert_int_equal(encodings_check(v, &e),
		    t[i].error[0] == '\0' ? 0 : -1);
		assert_string_equal(e.text, t[i].error);
		cJSON_Delete(v);
	}
}

#endif

#define LONG_END "0123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901"
#define LONG "x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9/" LONG_END

SCRATCH_TEST(test_declared)
{
	static const struct {
		const char *path, *bytes;
		size_t n;
		const char *name, *from;
		bool bom;
	} t[] = {
		{ "a.txt", S("\xef\xbb\xbf" "a"), "UTF-8", "byte order mark",
		    true },
		{ "a.ini", S("\xff\xfe" "a\0"), "UTF-16LE", "byte order mark",
		    true },
		{ "a", S("\xfe\xff\0a"), "UTF-16BE", "byte order mark", true },
		{ "a", S("\xff\xfe\0\0"), "UTF-32LE", "byte order mark", true },
		{ "a", S("\0\0\xfe\xff"), "UTF-32BE", "byte order mark", true },
		{ "plain", S("\xe9"), "", "", false },
		/* the setting, before all of the project's */
		{ "a.ini", S("\xe9"), "SHIFT_JIS", "user settings", false },
		{ "deep/b.ini", S("x"), "SHIFT_JIS", "user settings",
		    false },
		{ "old/a/b.cs", S("x"), "WINDOWS-1252", "user settings",
		    false },
		{ "old/new.cs", S("x"), "UTF-8", "user settings", false },
		/* git: info, the nearest, the last that matches */
		{ "info.txt", S("x"), "KOI8-R", ".git/info/attributes:1",
		    false },
		{ "b.cs", S("x"), "WINDOWS-1251", ".gitattributes:4", false },
		{ "sub/b.cs", S("x"), "CP932", "sub/.gitattributes:1", false },
		{ "sub/in/b.cs", S("x"), "WINDOWS-1251", ".gitattributes:4",
		    false },
		{ "with space.h", S("x"), "GBK", ".gitattributes:5", false },
		{ "evil.sh", S("x"), "", "", false },
		{ "evil2.sh", S("x"), "", "", false },
		{ "u.rc", S("x\0"), "UTF-16", ".gitattributes:8", false },
		{ "u.rc", "", 0, "UTF-16LE", ".gitattributes:8", true },
		{ "v.rc2", "", 0, "UTF-16LE", ".gitattributes:9", true },
		/* not with git: .editorconfig says so */
		{ "sub/none.cs", S("x"), "ISO-8859-1", "sub/.editorconfig:2",
		    false },
		/* .editorconfig */
		{ "x.md", S("x"), "UTF-8", ".editorconfig:6", false },
		{ "x.md", "", 0, "UTF-8", ".editorconfig:6", true },
		{ "lib/x.js", S("x"), "UTF-16BE", ".editorconfig:10", false },
		{ "lib/a/b/x.js", S("x"), "UTF-16BE", ".editorconfig:10",
		    false },
		{ "x.js", S("x"), "", "", false },
		{ "deep/Makefile", S("x"), "ISO-8859-1", ".editorconfig:13",
		    false },
		{ "deep/x.mk", S("x"), "ISO-8859-1", ".editorconfig:13", false },
		{ "deep/y.txt", S("x"), "", "", false },
		{ "only/here.q", S("x"), "UTF-8", ".editorconfig:19", false },
		{ "evil.e", S("x"), "", "", false },
		{ "evil2.e", S("x"), "", "", false },
		{ "a/only/here.q", S("x"), "", "", false },
		{ "top/a.mk", S("x"), "", "", false },
		{ "top/a.d", S("x"), "UTF-8", "top/.editorconfig:3", false },
		/* a name can't look like something else */
		{ "a\n\xe2\x80\xae/b.q", S("x"), "KOI8-R",
		    "a^J<U+202E>/.gitattributes:1", false },
		{ LONG "/b.q", S("x"), "KOI8-R", "...\xc3\xa9\xc3\xa9/" LONG_END
		    "/.gitattributes:1", false },
	};
	static const char user[] = "{\"*.ini\":\"sjis\",\"old/\":\"cp1252\","
	    "\"old/new.cs\":\"utf-8\"}";
	const char *dir = *state;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cJSON *v = json_parse(user, strlen(user), JSON_NUL_REFUSE, NULL);
	struct encodings *es;
	struct encoding c;
	size_t i;

	scratch_put(dir, ".git/info/attributes",
	    "info.* working-tree-encoding=koi8-r\n");
	scratch_put(dir, ".gitattributes",
	    "*.ini working-tree-encoding=UTF-16LE\n"
	    "info.txt working-tree-encoding=UTF-16LE\n"
	    "*.cs text working-tree-encoding=UTF-16LE\n"
	    "*.cs\ttext=auto working-tree-encoding=windows-1251 eol=crlf\r\n"
	    "\"with space.h\" working-tree-encoding=gbk\n"
	    "evil.sh working-tree-encoding=UTF-7\n"
	    "evil2.sh working-tree-encoding=ISO-2022-JP\n"
	    "*.rc working-tree-encoding=UTF-16\n"
	    "*.rc2 working-tree-encoding=UTF-16LE-BOM\n"
	    "# *.md working-tree-encoding=UTF-16\n"
	    "!*.md working-tree-encoding=UTF-16\n");
	scratch_put(dir, "sub/.gitattributes",
	    "/b.cs working-tree-encoding=cp932\n"
	    "none.cs !working-tree-encoding\n");
	scratch_put(dir, ".editorconfig", "\xef\xbb\xbf; ours\n"
	    "root = true\n\n"
	    "[*.md]\nindent_style = tab\nCharset=UTF-8-BOM\n[deep/*.md]\n"
	    "end_of_line = lf\n[lib/**.js]\ncharset = utf-16be ; why\n\n"
	    "[{Makefile,*.mk}]\ncharset = latin1\n[*.txt]\n"
	    "charset = shift_jis\n[x.\ncharset = latin1\n[only/*.q]\r\n"
	    "charset = utf-8\r\n[evil.e]\ncharset = utf-7\n[evil2.e]\n"
	    "charset = utf-7-imap\n");
	scratch_put(dir, "sub/.editorconfig", "[*.cs]\ncharset = latin1\n");
	scratch_put(dir, "top/.editorconfig", "root=true\n[*.d]\n"
	    "charset=utf-8\n");
	scratch_put(dir, "a\n\xe2\x80\xae/.gitattributes",
	    "*.q working-tree-encoding=koi8-r\n");
	scratch_put(dir, LONG "/.gitattributes",
	    "*.q working-tree-encoding=koi8-r\n");
	es = encodings_new(fd, v);
	for (i = 0; i < MEM_COUNT(t); i++) {
		print_message("# %s\n", t[i].path);
		encodings_find(es, t[i].path, t[i].bytes, t[i].n, &c);
		assert_string_equal(c.name, t[i].name);
		if (c.name[0] != '\0')
			assert_string_equal(c.from, t[i].from);
		assert_int_equal(c.bom, t[i].bom);
	}
	encodings_free(es);
	cJSON_Delete(v);
	close(fd);
}

/* Files of rules that are too long, or that are links, declare nothing. */
SCRATCH_TEST(test_declared_not)
{
	const char *dir = *state;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf b = BUF_INIT(0);
	struct encodings *es;
	struct encoding c;
	size_t i;

	for (i = 0; i < 1001; i++)
		buf_adds(&b, "* working-tree-encoding=gbk\n");
	scratch_put(dir, "rules/.gitattributes", buf_str(&b));
	buf_clear(&b);
	buf_adds(&b, "[*]\ncharset = latin1\n");
	while (b.len <= 256 << 10)
		buf_adds(&b, "# \n");
	scratch_put(dir, "long/.editorconfig", buf_str(&b));
	scratch_put(dir, "link/x", "* working-tree-encoding=gbk\n");
	assert_int_equal(symlinkat("x", fd, "link/.gitattributes"), 0);
	es = encodings_new(fd, NULL);
	encodings_find(es, "rules/a", S("x"), &c);
	assert_string_equal(c.name, "");
	encodings_find(es, "long/a", S("x"), &c);
	assert_string_equal(c.name, "");
	encodings_find(es, "link/a", S("x"), &c);
	assert_string_equal(c.name, "");
	encodings_free(es);
	encodings_free(NULL);
	buf_release(&b);
	close(fd);
}
