/* Events: what is read from a line and written again is the same line. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "tests/unit/unit.h"

static int bad;

/* Members of `a` that `b` lacks, or has otherwise. */
static void
differ(const char *what, const cJSON *a, const cJSON *b)
{
	const cJSON *it, *other;
	char *x, *y, *name;

	if (cJSON_IsArray(a) && cJSON_IsArray(b)) {
		other = b->child;
		cJSON_ArrayForEach(it, a) {
			differ(what, it, other);
			if (other == NULL)
				break;
			other = other->next;
		}
		return;
	}
	if (cJSON_IsObject(a) && cJSON_IsObject(b)) {
		cJSON_ArrayForEach(it, a) {
			name = xasprintf("%s.%s", what, it->string);
			differ(name, it, json_get(b, it->string));
			free(name);
		}
		return;
	}
	if (b == NULL && (cJSON_IsFalse(a) || cJSON_IsNull(a) || (cJSON_IsNumber(a) && a->valuedouble == 0)))
		return;
	if (a != NULL && b != NULL && cJSON_Compare(a, b, 1))
		return;
	x = a == NULL ? xstrdup("-") : json_print(a);
	y = b == NULL ? xstrdup("-") : json_print(b);
	printf("# %s: %.60s | %.60s\n", what, x, y);
	bad++;
	free(x);
	free(y);
}

static void
file(const char *path)
{
	struct linefile lines = { .fd = open(path, O_RDONLY), .b = BUF_INIT((size_t)64 << 20) };
	const char *line;
	size_t n;

	while (linefile_next(&lines, &line, &n, NULL) == LINEFILE_LINE) {
		static const char *const own[] = { "seq", "t", "type", "by", "prev", "h", "cut" };
		AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL), *out = NULL;
		AUTO_EVENT struct event e = { 0 };
		size_t i;

		event_read(&e, o);
		if (e.type == EVENT_OTHER) {
			printf("# other %.50s\n", line);
			continue;
		}
		out = event_write(e.type, &e.note);
		for (i = 0; i < MEM_COUNT(own); i++) {
			if (strcmp(own[i], "by") == 0 || e.type != EVENT_HELLO)
				cJSON_DeleteItemFromObjectCaseSensitive(o, own[i]);
			cJSON_DeleteItemFromObjectCaseSensitive(out, own[i]);
		}
		differ(event_rows[e.type].name, o, out);
	}
	linefile_release(&lines);
}

TEST(test_corpus)
{
	char *list = getenv("FILES"), *p;

	if (list == NULL)
		return;
	for (p = strtok_r(list, " ", &list); p != NULL; p = strtok_r(NULL, " ", &list))
		file(p);
	printf("# bad %d\n", bad);
}
