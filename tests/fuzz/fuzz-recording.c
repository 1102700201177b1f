/*
 * A recording that somebody else made: it makes files beneath its folder alone,
 * compares with itself as the same, and has no name left once it is scrubbed.
 *
 * Input: a recording, and a line of a journal.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "journal/event.h"
#include "record/recording.h"

static void
check_scrub(const cJSON *o)
{
	static const char *const names[] = { "canary" };
	struct scrub *scrub = scrub_new("/home/canary/p", NULL, "/home/canary",
	    names, 1);
	cJSON *copy = cJSON_Duplicate(o, 1), *again;
	char *was, *is;

	scrub_json(scrub, copy);
	again = cJSON_Duplicate(copy, 1);
	scrub_json(scrub, again);
	was = json_print(copy);
	is = json_print(again);
	FUZZ_CHECK(strcmp(was, is) == 0);
	free(was);
	free(is);
	cJSON_Delete(again);
	cJSON_Delete(copy);
	scrub_free(scrub);
}

static void
check_diff(const cJSON *o)
{
	struct buf b = BUF_INIT(0);
	cJSON *fewer = cJSON_Duplicate(json_get(o, "events"), 1);

	FUZZ_CHECK(!replay_diff(fewer, fewer, &b) && b.len == 0);
	cJSON_DeleteItemFromArray(fewer, 0);
	(void)replay_diff(json_get(o, "events"), fewer, &b);
	buf_release(&b);
	buf_init(&b, 0);
	(void)replay_diff(json_get(o, "answers"), fewer, &b);
	buf_release(&b);
	cJSON_Delete(fewer);
}

static void
check_tree(const cJSON *o)
{
	const char *tmp = getenv("TMPDIR");
	char *top = xasprintf("%s/assent-fuzz.XXXXXX", tmp == NULL ? "/tmp" :
	    tmp), *to, *answers;
	cJSON *copy = cJSON_Duplicate(o, 1), *tree;
	struct err e = ERR_INIT;
	struct dirent *de;
	int n = 0;
	DIR *d;

	FUZZ_CHECK(mkdtemp(top) != NULL);
	to = fs_join(top, "to");
	answers = fs_join(top, "answers");
	tree = cJSON_GetObjectItemCaseSensitive(copy, "tree");
	/* Not git's part. */
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "commit");
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "git");
	cJSON_Delete(recording_unpack(copy, "/", to, answers, &e));
	d = opendir(top);
	FUZZ_CHECK(d != NULL);
	while ((de = readdir(d)) != NULL)
		n += strcmp(de->d_name, "to") != 0 &&
		    strcmp(de->d_name, "answers") != 0;
	closedir(d);
	FUZZ_CHECK(n == 2);	/* . and .. */
	FUZZ_CHECK(fs_remove_tree(AT_FDCWD, top, &e) == 0);
	cJSON_Delete(copy);
	free(answers);
	free(to);
	free(top);
}

/* Its start object has nothing that reaches out. */
static void
check_start(const cJSON *o)
{
	static const char *const never[] = { "root", "cwd", "hooks", "mcp",
		"sandbox", "state_dir", "net_allow", "forward", "home", "path",
		"max_time_ms" };
	cJSON *start = recording_start(json_get(o, "start"));
	const cJSON *model = json_get(start, "model");
	size_t i;

	for (i = 0; i < MEM_COUNT(never); i++)
		FUZZ_CHECK(json_get(start, never[i]) == NULL);
	FUZZ_CHECK(cJSON_GetArraySize(model) <= 1);
	cJSON_Delete(start);
}

static void
check_line(const struct buf *text)
{
	struct recording_at at = { 0, false };
	struct err e = ERR_INIT;
	cJSON *line = json_parse(buf_str(text), text->len, JSON_NUL_REFUSE, &e);
	cJSON *event, *command;
	struct event l;

	if (!cJSON_IsObject(line)) {
		cJSON_Delete(line);
		return;
	}
	event_read(&l, line);
	event = recording_event(&l, &at);
	FUZZ_CHECK(event == NULL || json_str(event, "type") != NULL);
	command = recording_command(&l);
	cJSON_Delete(command);
	cJSON_Delete(event);
	event_release(&l);
	cJSON_Delete(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_input in = { bytes, size };
	struct buf text, line;
	struct err e = ERR_INIT;
	cJSON *o;

	fuzz_part(&in, &text);
	fuzz_part(&in, &line);
	o = recording_parse(buf_str(&text), text.len, &e);
	FUZZ_CHECK((o == NULL) == (e.text[0] != '\0'));
	if (o != NULL) {
		check_start(o);
		check_diff(o);
		check_scrub(o);
		check_tree(o);
		cJSON_Delete(o);
	}
	check_line(&line);
	buf_release(&line);
	buf_release(&text);
	return 0;
}
