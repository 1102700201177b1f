#include "config.h"

#include "core/prompt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/self.h"
#include "base/sha256.h"

static const char *const prompt_files[] = { "prompts/compact.md",
	"prompts/system.md", NULL };

static int
prompt_read(const char *name, struct buf *out, struct err *e)
{
	char *path = self_share(name, e);
	int rc;

	if (path == NULL)
		return -1;
	rc = fs_read_file(AT_FDCWD, path, out, e);
	free(path);
	return rc;
}

/* What the project's files say is marked as theirs. */
static void
prompt_project(struct buf *b, const char *from, const char *text)
{
	if (text != NULL)
		buf_addf(b, "\n# Words of the project (%s)\n\nThese come "
		    "from the project's files, not from the user.\n\n%s\n",
		    from, text);
}

char *
prompt_system(const struct prompt_facts *f, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);

	if (prompt_read("prompts/system.md", &b, e) < 0) {
		buf_release(&b);
		return NULL;
	}
	buf_addf(&b, "\n# This project\n\n- Project folder: %s\n"
	    "- Commands start in: %s\n- %s\n", f->root, f->cwd, f->cage);
	if (f->test != NULL)
		buf_addf(&b, "- Success criterion, run by assent: `%s` "
		    "(run_tests runs it)\n", f->test);
	if (f->plan_first)
		buf_adds(&b, "- Plan first: until your plan is approved only "
		    "reading tools and commands exist, and everything they "
		    "write is thrown away.\n");
	if (f->user_text != NULL)
		buf_addf(&b, "\n# Words of the user\n\n%s\n", f->user_text);
	prompt_project(&b, ".assent/config.json", f->project_text);
	prompt_project(&b, "AGENTS.md", f->agents_text);
	return buf_take(&b);
}

char *
prompt_compact(struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);

	if (prompt_read("prompts/compact.md", &b, e) < 0) {
		buf_release(&b);
		return NULL;
	}
	return buf_take(&b);
}

cJSON *
prompt_hashes(void)
{
	cJSON *o = cJSON_CreateObject();
	size_t i;

	for (i = 0; prompt_files[i] != NULL; i++) {
		struct buf b = BUF_INIT(1 << 20);
		struct err e = ERR_INIT;
		char hex[SHA256_HEX_SIZE];

		if (prompt_read(prompt_files[i], &b, &e) == 0) {
			sha256_hex(buf_str(&b), b.len, hex);
			json_add_str(o, prompt_files[i], hex);
		}
		buf_release(&b);
	}
	return o;
}
