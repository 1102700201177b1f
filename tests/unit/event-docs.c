/*
 * Documents about the events, from events.def: `event-docs schema` prints
 * share/journal.schema.json; `event-docs man` reads assent-journal(5) and
 * prints it with its tables made again: in each list after a line `.\" events`,
 * what follows `.It Cm NAME`, up to the next item or a line `.\"`.
 * `make journal-docs` does both.
 */
#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"

struct member {
	const char	*kind, *need, *name;
	const char	*words, *of;	/* of a WORD; or the shape */
	const char	*text;
};

#define SHAPE(name)	static struct member members_##name[] = {
#define EVENT(constant, name, flags, text)	SHAPE(name)
#define MEMBER(kind, need, name, words, text) \
	{ #kind, #need, #name, words, NULL, text },
#define NESTED(kind, need, of, name, text) \
	{ #kind, #need, #name, "", #of, text },
#define END(name)	{ 0 } };
#include "journal/events.def"

static struct shape {
	const char	*name;
	const char	*text;		/* NULL: no event */
	unsigned	 flags;
	struct member	*members;
	bool		 used;		/* by a line of the journal */
	char		*told;		/* its section in the manual */
	const char	*told_in;	/* of this event */
} shapes[] = {
#define SHAPE(name)	{ #name, NULL, 0, members_##name, false, NULL, NULL },
#define EVENT(constant, name, flags, text) \
	{ #name, text, flags, members_##name, false, NULL, NULL },
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
};

static const struct kind {
	const char	*name;
	const char	*type;		/* in the manual */
	const char	*schema;
} kinds[] = {
	{ "TEXT", "text", "\"type\": \"string\"" },
	{ "WORD", NULL, NULL },
	{ "HASH", "hash", "\"$ref\": \"#/$defs/hash\"" },
	{ "HUNK_ID", "hunk id", "\"$ref\": \"#/$defs/hunk_id\"" },
	{ "GIT_ID", "git id", "\"$ref\": \"#/$defs/git_id\"" },
	{ "PATH", "path", "\"type\": \"string\"" },
	{ "BYTES", "text", "\"type\": \"string\"" },
	{ "COUNT", "number", "\"$ref\": \"#/$defs/count\"" },
	{ "SEQ", "number", "\"type\": \"integer\", \"minimum\": 1" },
	{ "PORT", "number", "\"type\": \"integer\", \"minimum\": 1, "
	    "\"maximum\": 65535" },
	{ "MODE", "number", "\"enum\": [33188, 33261, 40960, 57344]" },
	{ "NUMBER", "number", "\"$ref\": \"#/$defs/count\"" },
	{ "REAL", "number", "\"type\": \"number\"" },
	{ "MONEY", "US dollars", "\"type\": [\"number\", \"null\"], "
	    "\"minimum\": 0" },
	{ "FLAG", "true", "\"type\": \"boolean\"" },
	{ "YESNO", "true or false", "\"type\": [\"boolean\", \"null\"]" },
	{ "TEXTS", "list of texts", "\"type\": \"array\", \"items\": "
	    "{ \"type\": \"string\" }" },
	{ "NUMBERS", "list of numbers", "\"type\": \"array\", \"items\": "
	    "{ \"$ref\": \"#/$defs/count\" }" },
	{ "RAW", "object", "" },
	{ "OBJECT", "object", NULL },
	{ "LIST", "list", NULL },
	{ "ONE_OR_LIST", "object or list", NULL },
	{ "RAW_OF", "object", NULL },
};

/* Not in the table: more of a member's schema, or of its object's. */
#define HASHES "\"type\": \"object\", \"additionalProperties\": " \
	"{ \"$ref\": \"#/$defs/hash\" }"
#define TALLY "\"type\": \"object\", \"additionalProperties\": " \
	"{ \"type\": \"integer\", \"minimum\": 1 }"
static const struct rule {
	const char	*of, *name;	/* NULL: of the object */
	const char	*schema;
} rules[] = {
	{ "agent_end", "accepted_by", TALLY },
	{ "agent_end", "calls", TALLY },
	{ "agent_end", "exit", "\"enum\": [0, 1, 2, 3, 4, 5, 6, 130]" },
	{ "agent_end", "seconds", "\"minimum\": 0" },
	{ "budget", "more", "\"minimum\": 0" },
	{ "draft", NULL, "\"anyOf\": [{ \"required\": [\"hunk\", \"mark\"] }, "
	    "{ \"required\": [\"marks\"] }]" },
	{ "draft", "marks", "\"minItems\": 2" },
	{ "git_begin", "argv", "\"minItems\": 1" },
	{ "model_used", "facts", "\"type\": \"object\"" },
	{ "model_used", "price", "\"type\": \"object\"" },
	{ "net", NULL, "\"anyOf\": [{ \"required\": [\"host\", \"port\"] }, "
	    "{ \"required\": [\"forward\"] }],\n      \"oneOf\": [{ \"required\": "
	    "[\"allowed_by\"] }, { \"required\": [\"refused\"] }]" },
	{ "net_end", "hosts", "\"minItems\": 1" },
	{ "net_host", NULL, "\"anyOf\": [{ \"required\": [\"host\", \"port\"] "
	    "}, { \"required\": [\"forward\"] }]" },
	{ "note", "format", "\"const\": 2" },
	{ "plan", NULL, "\"allOf\": [\n        { \"if\": { \"properties\": { "
	    "\"status\": { \"const\": \"step\" } } }, \"then\": { \"required\": "
	    "[\"step\"] } },\n        { \"if\": { \"properties\": { \"status\": "
	    "{ \"enum\": [\"proposed\", \"approved\"] } } }, \"then\": { "
	    "\"required\": [\"goal\", \"steps\"] } }\n      ]" },
	{ "prompts", "prompts", HASHES },
	{ "proposed_file", "hunks", "\"minItems\": 1" },
	{ "proposed_file", "split", "\"minItems\": 1" },
	{ "review", "files", "\"minItems\": 1" },
	{ "sandbox", "enforced", "\"type\": \"object\", "
	    "\"additionalProperties\": { \"enum\": [\"kernel\", \"counted\", "
	    "\"pid_max\", \"sampled\", \"off\"] }" },
	{ "session_start", "format", "\"const\": 2" },
	{ "session_start", "limits", "\"type\": \"object\"" },
	{ "session_start", "prompts", HASHES },
	{ "session_start", "settings", "\"type\": \"object\"" },
	{ "tool_call", "args", "\"type\": [\"object\", \"string\"]" },
	{ "turn_start", "prefix", "\"pattern\": \"^[0-9a-f]{16}$\"" },
};

static bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static struct shape *
shape_find(const char *name)
{
	struct shape *s = MEM_FIND(shapes, name);

	if (s == NULL) {
		fprintf(stderr, "events.def has no %s\n", name);
		exit(1);
	}
	return s;
}

static const struct kind *
kind_of(const struct member *m)
{
	return MEM_FIND(kinds, m->kind);
}

/* A path or bytes: NAME_b64, too. */
static bool
member_is_b64(const struct member *m)
{
	return is(m->kind, "PATH") || is(m->kind, "BYTES");
}

/* Without the _ of for_. */
static int
name_len(const struct member *m)
{
	size_t n = strlen(m->name);

	return (int)(m->name[n - 1] == '_' ? n - 1 : n);
}

/* ---- the schema ---- */

static void
schema_words(struct buf *b, const char *words)
{
	size_t n;

	buf_adds(b, "\"enum\": [");
	for (; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		buf_addf(b, "\"%.*s\"%s", (int)n, words, words[n] == ' ' ?
		    ", " : "]");
	}
}

static void
schema_kind(struct buf *b, const struct member *m)
{
	if (is(m->kind, "WORD"))
		schema_words(b, m->words);
	else if (is(m->kind, "LIST"))
		buf_addf(b, "\"type\": \"array\", \"items\": "
		    "{ \"$ref\": \"#/$defs/%s\" }", m->of);
	else if (is(m->kind, "ONE_OR_LIST"))
		buf_addf(b, "\"anyOf\": [{ \"$ref\": \"#/$defs/%s\" }, "
		    "{ \"type\": \"array\", \"minItems\": 2, \"items\": "
		    "{ \"$ref\": \"#/$defs/%s\" } }]", m->of, m->of);
	else if (m->of != NULL)
		buf_addf(b, "\"$ref\": \"#/$defs/%s\"", m->of);
	else
		buf_adds(b, kind_of(m)->schema);
}

static const char *
schema_rule(const char *of, const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(rules); i++)
		if (is(rules[i].of, of) && (name == NULL ? rules[i].name ==
		    NULL : rules[i].name != NULL && is(rules[i].name, name)))
			return rules[i].schema;
	return NULL;
}

static void
schema_member(struct buf *b, const struct shape *s, const struct member *m)
{
	const char *more = schema_rule(s->name, m->name);
	AUTO_BUF struct buf one = BUF_INIT(0);

	schema_kind(&one, m);
	if (more != NULL)
		buf_addf(&one, "%s%s", one.len > 0 ? ", " : "", more);
	buf_addf(b, "        \"%.*s\": ", name_len(m), m->name);
	if (one.len == 0)
		buf_adds(b, "true");
	else if ((is(m->need, "NULLS") && !is(m->kind, "MONEY")) ||
	    (is(m->kind, "RAW_OF") && is(m->need, "MAY")))
		buf_addf(b, "{ \"anyOf\": [{ %s }, { \"type\": \"null\" }] }",
		    buf_str(&one));
	else
		buf_addf(b, "{ %s }", buf_str(&one));
	if (member_is_b64(m))
		buf_addf(b, ",\n        \"%s_b64\": { \"type\": \"string\" }",
		    m->name);
}

static void
schema_shape(const struct shape *s)
{
	const char *more = schema_rule(s->name, NULL);
	AUTO_BUF struct buf need = BUF_INIT(0), any = BUF_INIT(0),
	    all = BUF_INIT(0);
	const struct member *m;

	for (m = s->members; m->name != NULL; m++) {
		buf_adds(&all, all.len > 0 ? ",\n" : "");
		schema_member(&all, s, m);
		if (is(m->need, "MAY"))
			continue;
		if (member_is_b64(m))
			buf_addf(&any, "%s{ \"anyOf\": [{ \"required\": "
			    "[\"%s\"] }, { \"required\": [\"%s_b64\"] }] }",
			    any.len > 0 ? ", " : "", m->name, m->name);
		else
			buf_addf(&need, "%s\"%.*s\"", need.len > 0 ? ", " : "",
			    name_len(m), m->name);
	}
	printf(",\n    \"%s\": {\n      \"type\": \"object\",\n", s->name);
	if (need.len > 0)
		printf("      \"required\": [%s],\n", buf_str(&need));
	if (any.len > 0)
		printf("      \"allOf\": [%s],\n", buf_str(&any));
	if (more != NULL)
		printf("      %s,\n", more);
	printf("      \"properties\": {\n%s\n      }\n    }", buf_str(&all));
}

static void
schema_use(struct shape *s)
{
	const struct member *m;

	s->used = true;
	for (m = s->members; m->name != NULL; m++)
		if (m->of != NULL && !shape_find(m->of)->used)
			schema_use(shape_find(m->of));
}

static const char schema_head[] =
"{\n"
"  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
"  \"$id\": \"https://assent.invalid/journal.schema.json\",\n"
"  \"title\": \"One line of an assent journal\",\n"
"  \"description\": \"See assent-journal(5). Types and members that are not named here are allowed; readers skip them.\",\n"
"  \"type\": \"object\",\n"
"  \"required\": [\"seq\", \"t\", \"type\", \"by\", \"prev\", \"h\"],\n"
"  \"properties\": {\n"
"    \"seq\": { \"type\": \"integer\", \"minimum\": 1 },\n"
"    \"t\": { \"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{3}Z$\" },\n"
"    \"type\": { \"type\": \"string\", \"pattern\": \"^[a-z_]+$\" },\n"
"    \"by\": { \"type\": \"string\", \"pattern\": \"^(core|model|user|client:.+|rule:.+)$\" },\n"
"    \"prev\": { \"type\": \"string\", \"pattern\": \"^([0-9a-f]{64})?$\" },\n"
"    \"h\": { \"$ref\": \"#/$defs/hash\" }\n"
"  },\n"
"  \"allOf\": [", schema_defs[] =
"\n"
"  ],\n"
"  \"$defs\": {\n"
"    \"hash\": { \"type\": \"string\", \"pattern\": \"^[0-9a-f]{64}$\" },\n"
"    \"hunk_id\": { \"type\": \"string\", \"pattern\": \"^[0-9a-f]{16,32}$\" },\n"
"    \"git_id\": { \"type\": \"string\", \"pattern\": \"^[0-9a-f]{40}([0-9a-f]{24})?$\" },\n"
"    \"count\": { \"type\": \"integer\", \"minimum\": 0 }";

static void
schema(void)
{
	const char *comma = "";
	size_t i;

	fputs(schema_head, stdout);
	for (i = 0; i < MEM_COUNT(shapes); i++) {
		if (shapes[i].text == NULL || shapes[i].flags & EVENT_NO_SEQ)
			continue;
		printf("%s\n    { \"if\": { \"properties\": { \"type\": { \"const\": "
		    "\"%s\" } } }, \"then\": { \"$ref\": \"#/$defs/%s\" } }",
		    comma, shapes[i].name, shapes[i].name);
		comma = ",";
		schema_use(&shapes[i]);
	}
	fputs(schema_defs, stdout);
	for (i = 0; i < MEM_COUNT(shapes); i++)
		if (shapes[i].used)
			schema_shape(&shapes[i]);
	fputs("\n  }\n}\n", stdout);
}

/* ---- the manual ---- */

#define COLUMNS		78
/* Bytes: members with more are a list of their own, of a line or an object. */
#define SENTENCE_EVENT	260
#define SENTENCE_SHAPE	340

/* A line of text that isn't printed yet. */
static struct buf filled = BUF_INIT(0);

static void
fill_end(void)
{
	if (filled.len > 0)
		puts(buf_str(&filled));
	buf_clear(&filled);
}

static bool
ends_sentence(const char *p, size_t n)
{
	while (n > 0 && p[n - 1] == ')')
		n--;
	return n > 0 && strchr(".?!", p[n - 1]) != NULL;
}

/* A sentence begins on a new line. */
static void
fill_word(const char *p, size_t n)
{
	if (filled.len + 1 + n > COLUMNS)
		fill_end();
	buf_addf(&filled, "%s%.*s", filled.len > 0 ? " " : *p == '.' ||
	    *p == '\'' ? "\\&" : "", (int)n, p);
	if (ends_sentence(p, n))
		fill_end();
}

/* Arguments of a macro. */
static void
put_quoted(const char *p, size_t n)
{
	size_t i;

	if (n == 1 && strchr(".,:;()[]?!|", *p) != NULL)
		fputs("\\&", stdout);
	if (*p == ' ')
		fputs("\\", stdout);
	for (i = 0; i < n; i++)
		fputs(p[i] == '"' ? "\\(dq" : p[i] == '\\' ? "\\e" :
		    (char[]){ p[i], '\0' }, stdout);
}

/* The punctuation at p, as arguments; what follows. */
static const char *
put_closing(const char *p, const char *what)
{
	for (; *p != '\0' && *p != ' ' && *p != '\n'; p++)
		if (strchr(".,:;?!)", *p) == NULL) {
			fprintf(stderr, "not after a word of the format: %s\n",
			    what);
			exit(1);
		} else
			printf(" %c", *p);
	putchar('\n');
	return p;
}

/* A name of the format, not another text? */
static bool
is_name(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_')
			return false;
	return n > 0;
}

/* [`x`] (`x` `x y` `x`, `y`: what follows. */
static const char *
put_marked(const char *p)
{
	bool name, open = *p == '(', may;
	const char *from = p + open, *end;
	size_t n, column;

	may = *from == '[';
	from += 1 + may;
	n = strcspn(from, "`");
	name = is_name(from, n);
	fill_end();
	printf(".%s%s%s", may ? "Op " : "", name ? "Cm " : "Ql ",
	    open ? "( " : "");
	for (column = 10;; column += n + 3) {
		put_quoted(from, n);
		end = from + n + 1 + may;
		from = end + strlen(", `") + may;
		if (!name || !begins(end, may ? ", [`" : ", `") ||
		    !is_name(from, n = strcspn(from, "`")) ||
		    (may && begins(from + n, "`] (")) ||
		    column + n > COLUMNS)
			break;
		fputs(" , ", stdout);
	}
	return put_closing(end, p);
}

/* iconv(1) */
static bool
is_page(const char *p, size_t n)
{
	size_t at = 0;

	while (at < n && (islower((unsigned char)p[at]) || p[at] == '-'))
		at++;
	return at > 0 && at + 3 <= n && p[at] == '(' &&
	    isdigit((unsigned char)p[at + 1]) && p[at + 2] == ')';
}

static void
put_text(const char *p)
{
	size_t n;

	while (*p != '\0')
		if (*p == '\n') {
			fill_end();
			puts(".Pp");
			p++;
		} else if (*p == ' ')
			p++;
		else if (*p == '`' || begins(p, "(`") || begins(p, "[`"))
			p = put_marked(p);
		else if (is_page(p, n = strcspn(p, " \n"))) {
			fill_end();
			n = strcspn(p, "(");
			printf(".Xr %.*s %c", (int)n, p, p[n + 1]);
			p = put_closing(p + n + 3, p);
		} else if (begins(p, "FORMATS") || begins(p, "HOOKS")) {
			fill_end();
			n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
			printf(".Sx %.*s", (int)n, p);
			p = put_closing(p + n, p);
		} else {
			fill_word(p, n);
			p += n;
		}
}

/* Common members says which lines have it. */
static void
drop_client(struct member *m)
{
	struct member *to = m;

	for (; m->name != NULL; m++)
		if (!is(m->name, "client") || *m->text != '\0')
			*to++ = *m;
	*to = *m;
}

/* "a, b or c"; nothing if the text has them all, or says where they are. */
static void
add_words(struct buf *b, const struct member *m)
{
	const char *words = m->words, *next;
	bool has = true;
	size_t n;

	if (begins(m->text, "as "))
		return;
	for (; *words != '\0'; words = next) {
		AUTO_FREE char *marked = xasprintf("`%.*s`",
		    (int)(n = strcspn(words, " ")), words);

		has = has && strstr(m->text, marked) != NULL;
		next = words + n + (words[n] == ' ');
	}
	for (words = has ? "" : m->words; *words != '\0'; words = next) {
		n = strcspn(words, " ");
		next = words + n + (words[n] == ' ');
		buf_addf(b, "%.*s%s", (int)n, words, *next == '\0' ? "" :
		    strchr(next, ' ') == NULL ? " or " : ", ");
	}
}

/* "`id`, [`line`] (of its first change) and `text`" */
static void
add_sentence(struct buf *b, const struct shape *s)
{
	const struct member *m;
	size_t at;

	for (m = s->members; m->name != NULL; m++) {
		buf_addf(b, is(m->need, "MAY") ? "%s[`%.*s`]" : "%s`%.*s`",
		    m == s->members ? "" : m[1].name == NULL ? " and " : ", ",
		    name_len(m), m->name);
		if (*m->words == '\0' && *m->text == '\0')
			continue;
		buf_adds(b, " (");
		at = b->len;
		add_words(b, m);
		buf_addf(b, "%s%s)", b->len > at && *m->text != '\0' ? ": " :
		    "", m->text);
	}
}

/* Can a sentence describe all members? */
static bool
is_sentence(const struct shape *s, const char *event)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct member *m;

	for (m = s->members; m->name != NULL; m++)
		if (strchr(m->text, '\n') != NULL ||
		    ends_sentence(m->text, strlen(m->text)) ||
		    (m->of != NULL && (shape_find(m->of)->told == NULL ||
		    !is(shape_find(m->of)->told_in, event))))
			return false;
	add_sentence(&b, s);
	return b.len <= (s->text != NULL ? SENTENCE_EVENT : SENTENCE_SHAPE);
}

/* A list of members that follows the event's own. */
struct later {
	const struct shape *shape;
	const struct member *member;
};
static struct later *later;
static size_t later_len;

/* The members of a member's shape: here, later, or where they are. */
static void
add_shape(struct buf *b, const char *event, const struct member *m)
{
	struct shape *s = shape_find(m->of);
	bool list = is(m->kind, "LIST");

	if (s->told == NULL && s->text != NULL) {
		s->told_in = s->name;
		s->told = xstrdup("");
	}
	/* One member is said again: that is shorter than where it is said. */
	if (s->told != NULL && (s->text != NULL || s->members[1].name != NULL)) {
		if (*s->told != '\0' && !is(s->told, m->name))
			buf_addf(b, ", as `%s`", s->told);
		if (!is(s->told_in, event))
			buf_addf(b, *s->told == '\0' || is(s->told, m->name) ?
			    ", as in `%s`" : " in `%s`", s->told_in);
		buf_addf(b, "%s%s", *m->text == '\0' ? "" : ": ", m->text);
		return;
	}
	if (is_sentence(s, event)) {
		buf_addf(b, "%s%s%s ", *m->text == '\0' ? "" : ": ", m->text,
		    *m->text == '\0' ? list ? ", each with" : " with" :
		    ends_sentence(m->text, strlen(m->text)) ?
		    list ? " Each has" : " It has" :
		    list ? "; each has" : "; it has");
		add_sentence(b, s);
		if (ends_sentence(m->text, strlen(m->text)))
			buf_addc(b, '.');
	} else {
		buf_addf(b, ", below%s%s", *m->text == '\0' ? "" : ": ",
		    m->text);
		GROW(later, later_len);
		later[later_len++] = (struct later){ s, m };
	}
	if (s->told != NULL)
		return;
	s->told = xstrdup(m->name);
	s->told_in = event;
}

static void
put_member(const char *event, const struct shape *s, const struct member *m)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *type = kind_of(m)->type;

	printf(".It %sCm %.*s", is(m->need, "MAY") ? "Op " : "", name_len(m),
	    m->name);
	printf(is(m->kind, "BYTES") ? " , %s_b64\n" : "\n", m->name);
	if (is(m->kind, "FLAG") && !is(m->need, "MAY"))
		type = "true or false";
	if (is(m->kind, "WORD"))
		add_words(&b, m);
	else if (is(m->kind, "RAW") && schema_rule(s->name, m->name) == NULL)
		;	/* anything */
	else if (!is(type, "text") || *m->text == '\0')
		buf_adds(&b, type);
	if (is(m->need, "NULLS") && b.len > 0)
		buf_adds(&b, " or null");
	if (m->of != NULL)
		add_shape(&b, event, m);
	else
		buf_addf(&b, "%s%s", b.len > 0 && *m->text != '\0' ? ": " : "",
		    m->text);
	put_text(buf_str(&b));
	fill_end();
}

/* Is there more to say of it than its name, or what the manual says once? */
static bool
is_bare(const struct member *m)
{
	static const char *const common[] = { "guess", "out", "usage" };
	size_t i = 0;

	if (*m->text != '\0' || *m->words != '\0' || is(m->kind, "RAW"))
		return false;
	while (i < MEM_COUNT(common) && !is(common[i], m->name))
		i++;
	return m->of == NULL || i < MEM_COUNT(common);
}

/* "Also `a`, `b` [`c`, `d`]": the members that is_bare(), some to a line. */
static void
put_bare(const struct shape *s, bool may, const char *end)
{
	const char *begin = may ? ".Op Cm" : ".Cm";
	const struct member *m;

	for (m = s->members; m->name != NULL; m++)
		if (is_bare(m) && is(m->need, "MAY") == may) {
			if (filled.len + strlen(m->name) + 3 > COLUMNS) {
				buf_adds(&filled, " ,");
				fill_end();
			}
			buf_addf(&filled, "%s%s %.*s", filled.len == 0 ? begin :
			    "", filled.len == 0 ? "" : " ,", name_len(m),
			    m->name);
		}
	if (filled.len > 0)
		buf_adds(&filled, end);
	fill_end();
}

static bool
has_bare(const struct shape *s, bool may)
{
	const struct member *m = s->members;

	while (m->name != NULL && (!is_bare(m) || is(m->need, "MAY") != may))
		m++;
	return m->name != NULL;
}

static void
put_list(const char *event, const struct shape *s)
{
	const struct member *m;

	puts(".Bl -tag -width 14n -compact");
	for (m = s->members; m->name != NULL; m++)
		if (!is_bare(m))
			put_member(event, s, m);
	puts(".El");
}

/* The list of an event, and what it doesn't say. */
static void
put_event_list(const struct shape *s)
{
	bool may = has_bare(s, true);

	put_list(s->name, s);
	if (!may && !has_bare(s, false))
		return;
	puts(".Pp\nAlso");
	put_bare(s, false, may ? "" : " .");
	put_bare(s, true, " .");
}

/* "Each of `files` has `path` and:" */
static void
put_later(const char *event, const struct later *l)
{
	bool one = is(l->member->kind, "OBJECT") ||
	    is(l->member->kind, "RAW_OF");

	printf(".Pp\n%s.Cm %s\nhas", one ? "" : "Each of\n", l->member->name);
	if (has_bare(l->shape, false) || has_bare(l->shape, true)) {
		putchar('\n');
		put_bare(l->shape, false, "");
		put_bare(l->shape, true, "");
		fputs("and", stdout);
	}
	puts(":");
	put_list(event, l->shape);
}

static void
put_event(const char *name)
{
	const struct shape *s = shape_find(name);
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	printf(".It Cm %s\n", name);
	put_text(s->text);
	if ((s->flags & EVENT_OLD) != 0)
		put_text(" Only earlier releases wrote it.");
	fill_end();
	if (s->members[0].name == NULL)
		return;
	if (is_sentence(s, s->name)) {
		buf_adds(&b, s->members[1].name == NULL ? "Member: " :
		    "Members: ");
		add_sentence(&b, s);
		buf_adds(&b, ".");
		if (strchr(s->text, '\n') != NULL)
			puts(".Pp");
		put_text(buf_str(&b));
		fill_end();
		return;
	}
	put_event_list(s);
	for (i = 0; i < later_len; i++)
		put_later(s->name, &later[i]);
	later_len = 0;
}

static void
man(void)
{
	char *line = NULL;
	size_t room = 0;
	int depth = -1;		/* of lists; -1: not in one of events */
	bool made = false, item;
	ssize_t n;

	for (n = 0; n < (ssize_t)MEM_COUNT(shapes); n++)
		drop_client(shapes[n].members);
	while ((n = getline(&line, &room, stdin)) > 0) {
		if (begins(line, ".\\\" events"))
			depth = 0;
		item = depth == 1 && begins(line, ".It Cm ");
		made = made && !item && !begins(line, ".\\\"") &&
		    !(depth == 1 && begins(line, ".El"));
		if (item) {
			line[n - 1] = '\0';
			put_event(line + strlen(".It Cm "));
			made = true;
		} else if (!made)
			fputs(line, stdout);
		if (depth >= 0 && begins(line, ".Bl "))
			depth++;
		else if (depth > 0 && begins(line, ".El") && --depth == 0)
			depth = -1;
	}
	free(line);
	for (n = 0; n < (ssize_t)MEM_COUNT(shapes); n++)
		free(shapes[n].told);
	free(later);
	buf_release(&filled);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && is(argv[1], "schema"))
		schema();
	else if (argc == 2 && is(argv[1], "man"))
		man();
	else {
		fputs("usage: event-docs schema, or event-docs man <PAGE\n",
		    stderr);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
