/* cmd-record: writes a recording of a session, for replay. */
#include "config.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/record.h"
#include "record/recording.h"
#include "cmd/setup.h"
#include "journal/session.h"

int
cmd_record(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	AUTO_JSON cJSON *o = NULL;
	const char *commit;
	int code;

	if (a->output == NULL)
		return cmd_fail(EXIT_USAGE, "record needs a file: -o FILE");
	if (fs_check_output(a->output, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--output %s", e.text);
	if (a->operands_len == 0 && (code = setup_project(&s, a)) != 0)
		return code;
	id = session_resolve(a->operands_len > 0 ? a->operands[0] : NULL,
	    s.root, &e);
	if (id == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	o = record_session(id, &e);
	if (o == NULL)
		return cmd_fail(EXIT_ERROR, "%s can't be recorded: %s", id,
		    e.text);
	if (recording_write(a->output, o, &e) < 0)
		return cmd_fail_err(&e);
	commit = json_str(json_get(o, "tree"), "commit");
	cmd_say("%s: %d answers, %s%s; read it before you give it away",
	    a->output, cJSON_GetArraySize(json_get(o, "answers")),
	    commit == NULL ? "with its files" : "the files of commit ",
	    commit == NULL ? "" : commit);
	return EXIT_DONE;
}
