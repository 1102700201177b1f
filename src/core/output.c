#include "config.h"

#include "core/output.h"

#include "base/json.h"
#include "core/core.h"
#include "journal/fold.h"

#define OUTPUT_PIECE ((int64_t)1 << 20)
#define OUTPUT_END ((size_t)32 << 10)

cJSON *
output_end(struct core *c)
{
	const size_t size = c->capture.len;
	size_t n;
	cJSON *o;

	if (!c->fold->output.running)
		return NULL;
	n = size < OUTPUT_END ? size : OUTPUT_END;
	if (n == 0)
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", "output");
	json_add_int(o, "at", (int64_t)(size - n));
	json_add_bytes(o, "text", buf_str(&c->capture) + size - n, n);
	return o;
}

/* One that has just ended has printed nothing: what is kept of it is told by
 * its result. */
cJSON *
output_piece(struct core *c, const cJSON *command, struct err *e)
{
	int64_t at = json_int(command, "at", 0), n = 0;
	size_t size = c->fold->output.running ? c->capture.len : 0;
	cJSON *o;

	if (at < 0) {
		err_set(e, "no output begins there");
		return NULL;
	}
	if (at < (int64_t)size)
		n = (int64_t)size - at;
	if (n > OUTPUT_PIECE)
		n = OUTPUT_PIECE;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "output");
	json_add_int(o, "at", at);
	json_add_int(o, "size", (int64_t)size);
	json_add_bytes(o, "text", n > 0 ? buf_str(&c->capture) + at : "", (size_t)n);
	return o;
}
