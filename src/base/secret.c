#include "config.h"

#include "base/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"

#define KEYTEXT_LINES	400			/* no key is longer */

#define KEYTEXT_RUN 20	/* more base64 than this isn't a word */

static bool
keytext_has(const char *p, size_t n, const char *what)
{
	return memmem(p, n, what, strlen(what)) != NULL;
}

static bool
keytext_is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

/* The rest after "-----BEGIN RSA PRIVATE KEY"; NULL if there is none. */
static const char *
keytext_pem(const char *p, size_t n)
{
	static const char begin[] = "-----BEGIN ", what[] = "PRIVATE KEY";
	const char *b = memmem(p, n, begin, sizeof(begin) - 1), *k;
	size_t rest;

	if (b == NULL)
		return NULL;
	b += sizeof(begin) - 1;
	rest = n - (size_t)(b - p);
	k = memmem(b, rest < 64 ? rest : 64, what, sizeof(what) - 1);
	return k == NULL ? NULL : k + sizeof(what) - 1;
}

/* A line that starts a key by itself. */
static bool
keytext_line_begins(const char *p, size_t n)
{
	static const char *const starts[] = {
		"PuTTY-User-Key-File-", "AGE-SECRET-KEY-", "AGE-PLUGIN-",
		"SSH PRIVATE KEY FILE FORMAT ",
		"untrusted comment: minisign encrypted secret key",
		"untrusted comment: rsign encrypted secret key",
		"untrusted comment: signify secret key",
	};

	if (mem_begins(starts, MEM_COUNT(starts), p, n))
		return true;
	if (mem_starts(p, p + n, "---- BEGIN "))
		return keytext_has(p, n, "PRIVATE KEY");
	return mem_starts(p, p + n, "-----BEGIN ") && keytext_pem(p, n) != NULL;
}

/* A line that openssl or age-keygen prints before the key. */
static bool
keytext_line_is_idle(const char *p, size_t n)
{
	static const char *const starts[] = {
		"#", " ", "\t", "Bag Attributes", "Key Attributes", "subject=",
		"issuer=",
	};

	return n == 0 || mem_begins(starts, MEM_COUNT(starts), p, n);
}

enum keytext
keytext_begins(const char *p, size_t n, bool all)
{
	const char *end, *nl;
	bool other = false;	/* inside a certificate */

	if (mem_starts(p, p + n, "\xef\xbb\xbf")) {
		p += 3;
		n -= 3;
	}
	for (end = p + n; p < end && strchr(" \t\r\n", *p) != NULL;)
		p++;
	/* {"type": "service_account", ... "private_key": "-----BEGIN ... */
	if (p < end && *p == '{' && keytext_has(p, (size_t)(end - p),
	    "\"private_key\""))
		return keytext_pem(p, (size_t)(end - p)) != NULL ?
		    KEYTEXT_YES : all ? KEYTEXT_NO : KEYTEXT_MORE;
	for (; p < end; p = nl + 1) {
		size_t len;

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL && !all && (size_t)(end - p) < 80)
			break;
		if (nl == NULL)
			nl = end;
		len = (size_t)(nl - p);
		if (len > 0 && p[len - 1] == '\r')
			len--;
		if (other) {
			other = !mem_starts(p, p + len, "-----END ");
			continue;
		}
		if (keytext_line_begins(p, len))
			return KEYTEXT_YES;
		other = mem_starts(p, p + len, "-----BEGIN ");
		if (!other && !keytext_line_is_idle(p, len))
			return KEYTEXT_NO;
	}
	return all ? KEYTEXT_NO : KEYTEXT_MORE;
}

/* Strip what can surround a line of a key in a program or in YAML. */
static void
keytext_trim(const char **p, size_t *n)
{
	while (*n > 0 && !keytext_is_base64(**p)) {
		(*p)++;
		(*n)--;
	}
	for (;;) {
		if (*n >= 2 && (*p)[*n - 2] == '\\' && ((*p)[*n - 1] == 'n' ||
		    (*p)[*n - 1] == 'r'))
			*n -= 2;
		else if (*n > 0 && (!keytext_is_base64((*p)[*n - 1]) ||
		    (*n >= 2 && (*p)[*n - 2] == ' ' && (*p)[*n - 1] == '+')))
			(*n)--;
		else
			return;
	}
}

/* Does a piece contain so much base64 that it can't be a word? */
static bool
keytext_has_run(const char *p, size_t n)
{
	size_t i, run = 0;

	for (i = 0; i < n && run < KEYTEXT_RUN; i++)
		run = keytext_is_base64(p[i]) ? run + 1 : 0;
	return run >= KEYTEXT_RUN;
}

/* Can the line be part of a key's body? The last one is short, and there can be
 * empty lines and headers. */
static bool
keytext_is_body(const char *p, size_t n)
{
	static const char *const headers[] = {
		"Proc-Type:", "DEK-Info:", "Comment:", "Version:", "Subject:",
	};
	size_t i;

	keytext_trim(&p, &n);
	if (mem_begins(headers, MEM_COUNT(headers), p, n))
		return true;
	for (i = 0; i < n && keytext_is_base64(p[i]); i++)
		;
	return i == n || i >= KEYTEXT_RUN;
}

/* A key begins on this line; `p` is the text after the marker. */
static bool
keytext_open(struct keytext_lines *k, const char *p, size_t n, bool putty)
{
	k->left = keytext_has(p, n, "-----END ") ? 0 : KEYTEXT_LINES;
	k->putty = putty;
	k->inside = keytext_has_run(p, n);
	return k->inside;
}

static bool
keytext_inside(struct keytext_lines *k, const char *p, size_t n)
{
	bool body = keytext_is_body(p, n), ends, mac;

	ends = keytext_has(p, n, "-----END ") || keytext_has(p, n, "---- END ");
	mac = k->putty && mem_starts(p, p + n, "Private-MAC:");
	k->left--;
	k->inside = k->inside || keytext_has_run(p, n);
	if (ends || mac || (!body && !k->putty))
		k->left = 0;
	return k->inside && (ends ? keytext_has_run(p, n) : body || k->putty);
}

bool
keytext_line(struct keytext_lines *k, const char *p, size_t n)
{
	const char *end = p + n, *q = keytext_pem(p, n);

	if (q != NULL)
		return keytext_open(k, q, (size_t)(end - q), false);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	n = (size_t)(end - p);
	if (keytext_line_begins(p, n))
		return keytext_open(k, p, n, mem_starts(p, p + n, "PuTTY"));
	return k->left > 0 && keytext_inside(k, p, n);
}

/* ---- by a file's name ---- */

/* Is one of the words in the list of n, in any case? */
static bool
secret_name_has(const char *name, const char *const *words, size_t n)
{
	size_t i, len;

	for (; *name != '\0'; name += len + (name[len] != '\0')) {
		for (len = 0; isalnum((unsigned char)name[len]); len++)
			;
		for (i = 0; i < n; i++)
			if (strlen(words[i]) == len &&
			    strncasecmp(name, words[i], len) == 0)
				return true;
	}
	return false;
}

/* "db-passwords.yml", "apiKey.json"; but not "tokenizer.json", nor a program. */
static bool
secret_name_is_data(const char *path)
{
	static const char *const data[] = { ".cfg", ".conf", ".csv", ".ini",
		".json", ".properties", ".toml", ".txt", ".xml", ".yaml",
		".yml" };
	static const char *const words[] = { "apikey", "apikeys", "credential",
		"credentials", "password", "passwords", "secret", "secrets",
		"token" };
	static const char *const samples[] = { "example", "sample", "schema",
		"template" };
	const char *name = basename(path);

	return fs_has_ending(name, data, MEM_COUNT(data)) &&
	    (secret_name_has(name, words, MEM_COUNT(words)) ||
	    strcasestr(name, "api-key") != NULL ||
	    strcasestr(name, "api_key") != NULL) &&
	    !secret_name_has(name, samples, MEM_COUNT(samples));
}

/* The file of which an editor or a person made this copy, or NULL; malloc'ed. */
static char *
secret_name_original(const char *path)
{
	static const char *const ends[] = { "~", ".backup", ".bak", ".old",
		".orig", ".save" };
	const char *slash = strrchr(path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	size_t n = strlen(path), i, len;

	for (i = 0; i < MEM_COUNT(ends); i++) {
		len = strlen(ends[i]);
		if (n > dir + len &&
		    strcasecmp(path + n - len, ends[i]) == 0)
			return xmemdup(path, n - len);
	}
	/* Vim's ".NAME.swp", Emacs' "#NAME#" and ".#NAME". */
	if (n > dir + 5 && path[dir] == '.' &&
	    strncmp(path + n - 4, ".sw", 3) == 0)
		return xasprintf("%.*s%.*s", (int)dir, path,
		    (int)(n - dir - 5), path + dir + 1);
	if (n > dir + 2 && path[dir] == '#' && path[n - 1] == '#')
		return xasprintf("%.*s%.*s", (int)dir, path,
		    (int)(n - dir - 2), path + dir + 1);
	return strncmp(path + dir, ".#", 2) != 0 ? NULL :
	    xasprintf("%.*s%s", (int)dir, path, path + dir + 2);
}

bool
secret_name(struct glob_list *globs, struct glob_list *more, const char *path)
{
	AUTO_FREE char *original = NULL;

	if (glob_list_covers(globs, path) || secret_name_is_data(path) ||
	    (more != NULL && glob_list_covers(more, path)))
		return true;
	original = secret_name_original(path);
	return original != NULL && secret_name(globs, more, original);
}

/* Header before the text. */
struct secret_head {
	size_t	mapped;
};

char *
secret_new(const char *text, size_t n)
{
	size_t size = sizeof(struct secret_head) + n + 1;
	struct secret_head *h;
	char *p;

	h = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h == MAP_FAILED)
		mem_out();
	/* Best effort: depends on the kernel and the limits. */
	(void)mlock(h, size);
	(void)madvise(h, size, MADV_DONTDUMP);
	(void)madvise(h, size, MADV_WIPEONFORK);
	h->mapped = size;
	p = (char *)(h + 1);
	memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

char *
secret_dup(const char *text)
{
	return text == NULL ? NULL : secret_new(text, strlen(text));
}

void
secret_free(char *p)
{
	struct secret_head *h;
	size_t mapped;

	if (p == NULL)
		return;
	h = (struct secret_head *)(uintptr_t)(p - sizeof(*h));
	mapped = h->mapped;
	explicit_bzero(h, mapped);
	(void)munmap(h, mapped);
}

bool
secret_is_value(const char *name, const char *value)
{
	static const char *const says[] = { "auth", "cookie", "cred", "key",
		"pass", "secret", "token" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	/* "scheme://name:password@host" */
	if (MEM_HAS_ANY(says, name) || strchr(value, '@') != NULL)
		return true;
	return strpbrk(value, letters) != NULL &&
	    strpbrk(value, "0123456789") != NULL &&
	    strpbrk(value, "/ ") == NULL;
}

/* ---- the user's files with secrets ---- */

#define SECRET_FILE_MAX	((size_t)1 << 20)

int
secret_open(const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0 && errno == ELOOP)
		return err_set(e, "the key file %s is a symbolic link; name "
		    "its target", path);
	if (fd < 0)
		return err_sys(e, "can't open the key file %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		err_set(e, "the key file %s is not a regular file", path);
	else if ((st.st_mode & 077) != 0)
		err_set(e, "other users can read the key file %s; run "
		    "chmod 600 %s", path, path);
	else if (fs_check_own(path, e) == 0)
		return fd;
	close(fd);
	return -1;
}

int
secret_lock(const char *path, bool waits, struct err *e)
{
	struct stat own, there;
	int fd;

	while ((fd = secret_open(path, e)) >= 0) {
		if (flock(fd, LOCK_EX | (waits ? 0 : LOCK_NB)) < 0)
			err_sys(e, "can't lock %s", path);
		/* It may have been replaced before it was locked. */
		else if (fstat(fd, &own) == 0 && stat(path, &there) == 0 &&
		    own.st_ino == there.st_ino && own.st_dev == there.st_dev)
			return fd;
		close(fd);
		if (err_is_set(e))
			break;
	}
	return -1;
}

cJSON *
secret_read(int fd)
{
	AUTO_BUF struct buf b = BUF_INIT(SECRET_FILE_MAX);
	cJSON *o = fd < 0 || fs_read_all(fd, &b) < 0 ? NULL :
	    json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);

	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	return o;
}

int
secret_save(const char *path, const char *text, struct err *e)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = xmemdup(path, (size_t)(slash - path));
	AUTO_CLOSE int fd = -1;

	if (fs_mkdirs(dir, 0700, e) < 0 || fs_check_own(dir, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "can't open %s", dir);
	return fs_replace(fd, slash + 1, text, strlen(text), 0600, e);
}
