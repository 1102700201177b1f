/*
 * The table of settings, and the valid values of each type.  assent-config(5)
 * says what each does.  A new setting is a row here; HACKING.md lists the rest.
 */
#include "config.h"

#include "config/config-int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/endpoint.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/near.h"
#include "base/utf8.h"
#include "policy/approve.h"
#include "policy/hook-spec.h"
#include "policy/net-allow.h"
#include "provider/dialect.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define GIB ((int64_t)1 << 30)

/* clang-format off */
const struct setting setting_table[] = {
	{ "allow_protected", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_EXEC | SETTING_CORE },
	{ "approve", SETTING_APPROVE, NULL, 0, 0, "ask",
	  SETTING_MACHINE | SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "assisted_by", SETTING_WORD, "on|off", 0, 0, "off", 0 },
	{ "check_retries", SETTING_INT, NULL, 0, 100, "3",
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "colour", SETTING_WORD, "auto|never|light|dark", 0, 0, "auto", 0 },
	{ "context_window", SETTING_INT, NULL, 2048, 100000000, NULL, 0 },
	{ "cpu", SETTING_SHARE, NULL, 1, 100000, NULL,
	  SETTING_PROFILE },
	{ "devices", SETTING_LIST, "dri|kvm|nvidia", 0, 0, NULL, SETTING_CORE },
	{ "diagnostics", SETTING_LINTERS, "auto|off", 0, 0, "auto",
	  SETTING_EXEC | SETTING_CORE },
	{ "disk", SETTING_SIZE, NULL, 1 << 20, 1024 * GIB, NULL,
	  SETTING_PROFILE },
	{ "effort", SETTING_WORD, EFFORT_WORDS, 0, 0, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "encodings", SETTING_ENCODINGS, NULL, 0, 0, NULL, SETTING_CORE },
	{ "forward", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_EXEC | SETTING_CORE | SETTING_FORWARDS },
	{ "hooks", SETTING_HOOKS, NULL, 0, 0, NULL, SETTING_CORE },
	{ "hosts", SETTING_LIST, NULL, 0, 0, NULL, 0 },
	{ "idle_timeout", SETTING_DURATION, NULL, 1, DAY_MS, "10m",
	  SETTING_EXEC | SETTING_CORE },
	{ "insecure_http", SETTING_WORD, "on|off", 0, 0, "off", SETTING_EXEC },
	{ "local_ports", SETTING_LIST, NULL, 0, 0,
	  "llama.cpp:8080,llama.cpp:9931,lmstudio:1234,ollama:11434,vllm:8000", 0 },
	{ "max_cost", SETTING_MONEY, NULL, 1, 1000000 * MONEY_DOLLAR, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "max_cost_day", SETTING_MONEY, NULL, 1, 1000000 * MONEY_DOLLAR, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "max_time", SETTING_DURATION, NULL, 1, 365 * DAY_MS, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "max_total_tokens", SETTING_COUNT, NULL, 1, 1000000000000, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "max_turns", SETTING_INT, NULL, 1, 100000, "30",
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "memory", SETTING_SIZE, NULL, 16 << 20, 16384 * GIB, NULL,
	  SETTING_PROFILE },
	{ "model", SETTING_MODELS, NULL, 0, 0, NULL,
	  SETTING_EXEC | SETTING_PROFILE },
	{ "mouse", SETTING_WORD, "on|off", 0, 0, "on", 0 },
	{ "net_allow", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_MACHINE | SETTING_EXEC | SETTING_CORE | SETTING_HOSTS },
	{ "notify", SETTING_LIST, NULL, 0, 0, "bell", 0 },
	{ "paste_image", SETTING_LIST, NULL, 0, 0, NULL, 0 },
	{ "phases", SETTING_PHASES, NULL, 0, 0, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "pids", SETTING_INT, NULL, 4, 100000, NULL,
	  SETTING_PROFILE },
	{ "plan", SETTING_WORD, "auto|require|skip|look", 0, 0, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "price", SETTING_TEXT, NULL, 0, 0, NULL, SETTING_EXEC },
	{ "processes_unheld", SETTING_WORD, "ask|allow", 0, 0, NULL, 0 },
	{ "profile", SETTING_TEXT, NULL, 0, 0, "code", SETTING_EXEC },
	{ "proofs", SETTING_WORD, "auto|on|off", 0, 0, "auto",
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "protected", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_PROJECT | SETTING_MACHINE | SETTING_PROFILE | SETTING_CORE },
	{ "retry_time", SETTING_DURATION, NULL, 0, DAY_MS, "2m",
	  SETTING_EXEC | SETTING_CORE },
	{ "reviewer", SETTING_WORD, "on|off", 0, 0, "off",
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "sandbox", SETTING_WORD, "auto|container|podman:IMAGE", 0, 0,
	  "auto",
	  SETTING_CORE },
	{ "sandbox_require", SETTING_WORD, "A|B|C|D|none", 0, 0, "none",
	  SETTING_PROJECT | SETTING_MACHINE | SETTING_EXEC | SETTING_CORE },
	{ "secret", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_PROJECT | SETTING_MACHINE | SETTING_CORE },
	{ "sessions_disk", SETTING_SIZE, NULL, 1 << 20, 16384 * GIB, NULL,
	  SETTING_CORE },
	{ "symbols", SETTING_WORD, "on|off", 0, 0, "on", 0 },
	{ "syntax", SETTING_WORD, "auto|never", 0, 0, "auto", 0 },
	{ "test", SETTING_TEXT, NULL, 0, 0, NULL,
	  SETTING_PROJECT | SETTING_PROFILE | SETTING_CORE },
	{ "test_first", SETTING_WORD, "on|off", 0, 0, "off",
	  SETTING_PROJECT | SETTING_EXEC | SETTING_PROFILE | SETTING_CORE },
	{ "text", SETTING_TEXT, NULL, 0, 0, NULL, SETTING_PROJECT },
	{ "timeout", SETTING_DURATION, NULL, 1, 7 * DAY_MS, NULL,
	  SETTING_EXEC | SETTING_PROFILE },
	{ "title", SETTING_WORD, "on|off", 0, 0, "on", 0 },
	{ "toolchains", SETTING_LIST, NULL, 0, 0, NULL, SETTING_CORE },
	{ "tools", SETTING_LIST, NULL, 0, 0, NULL,
	  SETTING_EXEC | SETTING_PROFILE | SETTING_CORE | SETTING_TOOLS },
	{ "worktree_copy", SETTING_LIST, NULL, 0, 0, NULL, 0 },
};
/* clang-format on */
const size_t setting_table_len = MEM_COUNT(setting_table);

const char *const setting_providers[] = {
	"api_key_command",
	"api_key_env",
	"api_key_file",
	"auth",
	"base_url",
	"ca_file",
	"dialect",
	"format",
	"headers",
	"path",
};
const size_t setting_providers_len = MEM_COUNT(setting_providers);

/* A ":" in the table matches any text after it. */
static bool
setting_word_ok(const char *words, const char *s)
{
	size_t n = strlen(s), len, fixed;

	while (n > 0) {
		len = strcspn(words, "|");
		fixed = strcspn(words, ":|") + 1;
		if ((len == n || (fixed < len && fixed < n)) &&
		    memcmp(words, s, fixed < len ? fixed : n) == 0)
			return true;
		if (words[len] == '\0')
			return false;
		words += len + 1;
	}
	return false;
}

/* Units after a number, the largest first. */
static const struct {
	enum setting_type	 type;
	int64_t			 n;
	const char		*name;
} setting_suffixes[] = {
	{ SETTING_DURATION, 3600000, "h" }, { SETTING_DURATION, 60000, "m" },
	{ SETTING_DURATION, 1000, "s" }, { SETTING_DURATION, 1, "ms" },
	{ SETTING_SIZE, 1024 * GIB, "T" }, { SETTING_SIZE, GIB, "G" },
	{ SETTING_SIZE, 1 << 20, "M" }, { SETTING_SIZE, 1 << 10, "k" },
	{ SETTING_SHARE, 1, "%" },
	{ SETTING_COUNT, 1000000, "M" }, { SETTING_COUNT, 1000, "k" },
	{ SETTING_MONEY, MONEY_DOLLAR, "" },
};

/* "512M", "200k", "25%", "4096"; -1 if invalid. */
static int64_t
setting_scaled(enum setting_type type, const char *s)
{
	char *end;
	long long v;
	int64_t n = 1;
	size_t i;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	v = strtoll(s, &end, 10);
	for (i = 0; i < MEM_COUNT(setting_suffixes) && *end != '\0'; i++)
		if (setting_suffixes[i].type == type &&
		    strcasecmp(setting_suffixes[i].name, end) == 0)
			break;
	if (*end != '\0' && i < MEM_COUNT(setting_suffixes))
		n = setting_suffixes[i].n;
	else if (*end != '\0')
		return -1;
	return errno != 0 || v > INT64_MAX / n ? -1 : v * n;
}

static int64_t
setting_int(const char *s)
{
	return setting_scaled(SETTING_INT, s);
}

/* "512M", "2G", "4096" in bytes; -1 if it is none of these. */
static int64_t
setting_size(const char *s)
{
	return setting_scaled(SETTING_SIZE, s);
}

static int64_t
setting_count(const char *s)
{
	return setting_scaled(SETTING_COUNT, s);
}

/* "25%", "150", "all" (0); -1 if invalid. */
static int64_t
setting_share(const char *s)
{
	int64_t v = setting_scaled(SETTING_SHARE, s);

	return strcmp(s, "all") == 0 || strcmp(s, "off") == 0 ? 0 :
	    v == 0 ? -1 : v;
}

/* Append a bound as the user types it. */
static void
setting_bound(struct buf *b, enum setting_type type, int64_t v)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(setting_suffixes); i++) {
		int64_t n = setting_suffixes[i].n;

		if (setting_suffixes[i].type != type || v < n || v % n != 0)
			continue;
		buf_addf(b, "%lld%s", (long long)(v / n),
		    setting_suffixes[i].name);
		return;
	}
	buf_addf(b, type == SETTING_MONEY ? "0.%06lld" : "%lld", (long long)v);
}

static cJSON *
setting_number(const struct setting *s, int64_t v, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (v >= s->min && v <= s->max)
		return cJSON_CreateNumber((double)v);
	setting_bound(&b, s->type, s->min);
	buf_adds(&b, " to ");
	setting_bound(&b, s->type, s->max);
	err_set(e, "must be from %s%s", buf_str(&b),
	    s->type == SETTING_MONEY ? " dollars" : "");
	return NULL;
}

/* The list, if its items are valid; else NULL. Takes it. */
static cJSON *
setting_list_check(const struct setting *s, cJSON *list, struct err *e)
{
	bool hosts = (s->flags & SETTING_HOSTS) != 0;
	int most = hosts ? NET_ALLOW_MAX : ENDPOINT_MAX, rc = 0;
	const cJSON *it = NULL;
	struct endpoint at;

	if (s->words == NULL && (s->flags & (SETTING_HOSTS |
	    SETTING_FORWARDS)) == 0)
		return list;
	if (cJSON_GetArraySize(list) > most)
		rc = err_set(e, "must have at most %d entries", most);
	cJSON_ArrayForEach(it, list)
		if (rc == 0 && s->words != NULL)
			rc = setting_word_ok(s->words, it->valuestring) ? 0 :
			    err_set(e, "must be of %s, not \"%.40s\"",
			    s->words, it->valuestring);
		else if (rc == 0)
			rc = hosts ? net_allow_check(it->valuestring, e) :
			    endpoint_parse(&at, it->valuestring, e);
	if (rc < 0)
		json_drop(&list);
	return list;
}

static cJSON *
setting_list_from_text(const struct setting *s, const char *text,
    struct err *e)
{
	cJSON *a = cJSON_CreateArray();
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, ",");
		if (len > 0) {
			AUTO_FREE char *part = xmemdup(text, len);

			cJSON_AddItemToArray(a, cJSON_CreateString(part));
		}
		text += len;
		if (*text == ',')
			text++;
	}
	return setting_list_check(s, a, e);
}

static cJSON *
setting_approve_from_text(const char *text, struct err *e)
{
	AUTO_BUF struct buf names = BUF_INIT(0);

	bool gone = strcmp(text, "reviewer") == 0;

	if (!gone && approve_find(text) != NULL)
		return cJSON_CreateString(approve_find(text)->name);
	approve_names(&names, APPROVE_ANY, "|");
	err_set(e, gone ? "reviewer is small now, with the setting "
	    "\"reviewer\": \"on\"" : "must be one of %s, not \"%.40s\"",
	    buf_str(&names), text);
	return NULL;
}

/* What values look like, and how numbers with a unit are read (-1: invalid). */
static const struct setting_unit {
	int64_t		(*read)(const char *);
	const char	*looks;
} setting_units[] = {
	[SETTING_INT] = { setting_int, "a whole number such as 30" },
	[SETTING_DURATION] = { clock_duration_ms,
	    "a time such as 90, 2s, 5m or 1h" },
	[SETTING_SIZE] = { setting_size, "a size such as 512M or 2G" },
	[SETTING_SHARE] = { setting_share,
	    "a share of one core such as 25% or 150%, or all" },
	[SETTING_COUNT] = { setting_count,
	    "a number such as 200000, 200k or 2M" },
	[SETTING_MONEY] = { money_from_text, "dollars such as 2 or 0.50" },
	[SETTING_TEXT] = { NULL, "a string" },
	[SETTING_MODELS] = { NULL, "PROVIDER/MODEL or a list of them" },
	[SETTING_LIST] = { NULL, "a list of strings" },
	[SETTING_HOOKS] = { NULL, "a list of objects" },
	[SETTING_PHASES] = { NULL, "an object, such as "
	    "{\"plan\": {\"effort\": \"high\"}}" },
	[SETTING_ENCODINGS] = { NULL, "an object, such as "
	    "{\"*.ini\": \"cp932\"}" },
};

static cJSON *
setting_unit_from_text(const struct setting *s, const char *text,
    struct err *e)
{
	int64_t v = setting_units[s->type].read(text);

	if (v < 0) {
		err_set(e, "must be %s, not \"%.40s\"",
		    setting_units[s->type].looks, text);
		return NULL;
	}
	/* A share of 0 is "all". */
	return s->type == SETTING_SHARE && v == 0 ? cJSON_CreateNumber(0) :
	    setting_number(s, v, e);
}

/* "phases": which parts of the work have a model of their own instead of `model`,
 * and an effort instead of `effort`. The names are also those of the start
 * object's "routes". */
static const struct setting_phase {
	const char	*name;
	bool		 effort;	/* it can have its own */
} setting_phase_rows[] = {
	{ "execute", true },
	{ "explore", false },
	{ "plan", true },
	{ "review", false },
};

static int
setting_phase_check(const cJSON *phase, struct err *e)
{
	const struct setting_phase *row = MEM_FIND(setting_phase_rows,
	    phase->string);
	const char *near = NEAR_IN(setting_phase_rows,
	    MEM_COUNT(setting_phase_rows), phase->string);
	const cJSON *it;

	if (row == NULL)
		return err_set(e, "unknown phase \"%.40s\"; did you mean "
		    "\"%s\"?", phase->string, near == NULL ? "plan" : near);
	if (!cJSON_IsObject(phase))
		return err_set(e, "%s must be an object with model or effort",
		    phase->string);
	cJSON_ArrayForEach(it, phase)
		if (strcmp(it->string, "model") != 0 &&
		    strcmp(it->string, "effort") != 0)
			return err_set(e, "%s has model and effort, not "
			    "\"%.40s\"", phase->string, it->string);
		else if (strcmp(it->string, "effort") == 0 &&
		    !row->effort)
			return err_set(e, "%s has no effort of its own",
			    phase->string);
		else if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			return err_set(e, "%s.%s must be a string",
			    phase->string, it->string);
		else if (strcmp(it->string, "effort") == 0 &&
		    FACTS_EFFORT(it->valuestring) == EFFORT_UNSET)
			return err_set(e, "%s.effort must be one of "
			    EFFORT_WORDS ", not \"%.40s\"", phase->string,
			    it->valuestring);
	return 0;
}

static cJSON *
setting_phases(const cJSON *v, struct err *e)
{
	const cJSON *it;

	if (!cJSON_IsObject(v)) {
		err_set(e, "must be %s", setting_units[SETTING_PHASES].looks);
		return NULL;
	}
	cJSON_ArrayForEach(it, v)
		if (setting_phase_check(it, e) < 0)
			return NULL;
	return cJSON_Duplicate(v, 1);
}

cJSON *
setting_from_text(const struct setting *s, const char *text, struct err *e)
{
	AUTO_JSON cJSON *v = NULL;

	if (!utf8_is_valid(text, strlen(text))) {
		err_set(e, "must be UTF-8");
		return NULL;
	}
	if (setting_units[s->type].read != NULL)
		return setting_unit_from_text(s, text, e);
	switch (s->type) {
	case SETTING_HOOKS:
	case SETTING_ENCODINGS:
		err_set(e, "can only be set in config.json");
		return NULL;
	case SETTING_PHASES:
		v = json_parse(text, strlen(text), JSON_NUL_REFUSE, NULL);
		return setting_phases(v, e);
	case SETTING_TEXT:
	case SETTING_MODELS:
		if (*text == '\0') {
			err_set(e, "must not be empty");
			return NULL;
		}
		return cJSON_CreateString(text);
	case SETTING_LINTERS:
	case SETTING_WORD:
		if (!setting_word_ok(s->words, text)) {
			err_set(e, "must be one of %s, not \"%.40s\"",
			    s->words, text);
			return NULL;
		}
		return cJSON_CreateString(text);
	case SETTING_APPROVE:
		return setting_approve_from_text(text, e);
	case SETTING_LIST:
		return setting_list_from_text(s, text, e);
	default:
		return NULL;
	}
}

static cJSON *
setting_list_from_json(const struct setting *s, const cJSON *v, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, v)
		if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			break;
	if (!cJSON_IsArray(v) || it != NULL) {
		err_set(e, "must be %s", setting_units[SETTING_LIST].looks);
		return NULL;
	}
	return setting_list_check(s, cJSON_Duplicate(v, 1), e);
}

/* A list of names, joined by commas. */
static cJSON *
setting_models_from_json(const cJSON *v, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, v) {
		if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			break;
		buf_addf(&b, "%s%s", b.len > 0 ? "," : "", it->valuestring);
	}
	if (it == NULL && b.len > 0)
		return cJSON_CreateString(buf_str(&b));
	err_set(e, "must be %s", setting_units[SETTING_MODELS].looks);
	return NULL;
}

cJSON *
setting_from_json(const struct setting *s, const cJSON *v, struct err *e)
{
	bool number = setting_units[s->type].read != NULL;
	double d;

	if (s->type == SETTING_LIST)
		return setting_list_from_json(s, v, e);
	if (s->type == SETTING_HOOKS)
		return hook_spec_list(v, e);
	if (s->type == SETTING_LINTERS && cJSON_IsArray(v))
		return linter_spec_list(v, e);
	if (s->type == SETTING_PHASES)
		return setting_phases(v, e);
	if (s->type == SETTING_ENCODINGS)
		return encodings_check(v, e) < 0 ? NULL : cJSON_Duplicate(v, 1);
	if (s->type == SETTING_MODELS && cJSON_IsArray(v))
		return setting_models_from_json(v, e);
	if (s->type == SETTING_WORD && cJSON_IsBool(v))
		return setting_from_text(s, cJSON_IsTrue(v) ? "on" : "off", e);
	/* The parser rejects strings with a NUL. */
	if (cJSON_IsString(v) && s->type != SETTING_INT)
		return setting_from_text(s, v->valuestring, e);
	if (!number || !cJSON_IsNumber(v)) {
		err_set(e, number ? "must be a number" : "must be a string");
		return NULL;
	}
	d = v->valuedouble;
	if (s->type == SETTING_MONEY)
		return setting_number(s, money_from_json(v), e);
	if (!(d >= -1e15 && d <= 1e15) || (double)(int64_t)d != d) {
		err_set(e, "must be a whole number");
		return NULL;
	}
	if (s->type == SETTING_DURATION)	/* a bare number is seconds */
		d *= 1000;
	return setting_number(s, (int64_t)d, e);
}

const char *
config_setting(size_t i, struct buf *b)
{
	const struct setting *s;

	if (i >= setting_table_len) {
		i -= setting_table_len;
		if (b != NULL)
			buf_adds(b, "a member of each entry in \"providers\"");
		return i < setting_providers_len ? setting_providers[i] : NULL;
	}
	s = &setting_table[i];
	if (b != NULL && s->type == SETTING_APPROVE)
		approve_names(b, APPROVE_ANY, "|");
	else if (b != NULL)
		buf_adds(b, s->words != NULL ? s->words :
		    setting_units[s->type].looks);
	if (b != NULL && s->def != NULL)
		buf_addf(b, "; default: %s", s->def);
	return s->name;
}
