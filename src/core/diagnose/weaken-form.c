#include "config.h"

#include "core/diagnose/weaken-form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

/* ---- languages ---- */

static const struct weaken_language weaken_languages[] = {
	{ .ends = " py ",
	  .comment = "#", .quotes = "\"'",
	  .longs = { "\"\"\"", "\"\"\"", "'''", "'''" },
	  .words = {
		[WEAKEN_ASSERTS] = "assert .assert* .fail( pytest.raises( "
		    "pytest.warns( pytest.fail( raises( assert_*(",
		[WEAKEN_TESTS] = "^def~test* ^async~def~test*",
		[WEAKEN_FUNCTIONS] = "^def~* ^async~def~*",
		[WEAKEN_SKIPS] = "@pytest.mark.skip* @pytest.mark.xfail "
		    "marks=pytest.mark.skip* marks=pytest.mark.xfail "
		    "^pytestmark~=~pytest.mark.skip* pytest.skip( "
		    "pytest.xfail( pytest.importorskip( @unittest.skip* "
		    "@unittest.expectedFailure @skip* @expectedFailure "
		    "self.skipTest( raise~SkipTest raise~unittest.SkipTest "
		    "^if~False: ^if~0:",
		[WEAKEN_CATCHES] = "^except* with~contextlib.suppress( "
		    "with~suppress(",
		[WEAKEN_NOTHING] = "^pass ^... ^continue ^return" } },
	{ .ends = " js jsx ts tsx mjs cjs mts cts ",
	  .comment = "//", .quotes = "\"'",
	  .longs = { "/*", "*/", "`", "`" },
	  .quoted = true,
	  .words = {
		[WEAKEN_ASSERTS] = "expect*( .expect( assert( assert.* "
		    ".should t.is( t.equal( t.same( t.deepEqual( t.ok( "
		    "t.true( t.false( t.throws( t.not( t.like( t.regex( "
		    "t.assert.*",
		[WEAKEN_TESTS] = "^it( ^it.*( ^it.*.*( ^test( ^test.*( "
		    "^test.*.*( ^specify( ^xit( ^fit( ^xtest( ^it.each`",
		[WEAKEN_FUNCTIONS] = "^function~* ^async~function~* "
		    "^beforeEach( ^afterEach( ^before( ^after( ^beforeAll( "
		    "^afterAll(",
		[WEAKEN_SKIPS] = "it.skip( test.skip( describe.skip( "
		    "it.skipIf( test.skipIf( describe.skipIf( it.skip.each "
		    "test.skip.each context.skip( xit( xtest( xdescribe( "
		    "xcontext( it.todo( test.todo( it.fails( test.fails( "
		    "it.failing( test.failing( suite.skip( this.skip( t.skip( "
		    "^if~(false)",
		[WEAKEN_CATCHES] = "catch .catch(",
		[WEAKEN_NOTHING] = "^}" } },
	{ .ends = " go ",
	  .comment = "//", .quotes = "\"'",
	  .longs = { "/*", "*/", "`", "`" },
	  .words = {
		[WEAKEN_ASSERTS] = "t.Error* t.Fatal* t.Fail* tb.Error* "
		    "tb.Fatal* assert.*( require.*( c.Assert( c.Check( "
		    "Expect( g.Expect(",
		[WEAKEN_TESTS] = "^func~Test* ^func~Fuzz* ^func~Example*",
		[WEAKEN_FUNCTIONS] = "^func~*",
		[WEAKEN_SKIPS] = "t.Skip* tb.Skip* ^if~false" } },
	{ .ends = " rs ",
	  .comment = "//", .quotes = "\"",
	  .longs = { "/*", "*/", "r#\"", "\"#" },
	  .beside = true,
	  .words = {
		[WEAKEN_ASSERTS] = "assert*! prop_assert*! debug_assert*! "
		    "#[should_panic",
		[WEAKEN_MARKS] = "#[test #[tokio::test #[*::test",
		[WEAKEN_FUNCTIONS] = "^fn~* ^pub~fn~* ^async~fn~* "
		    "^pub~async~fn~*",
		[WEAKEN_SKIPS] = "#[ignore ^if~false" } },
	{ .ends = " java kt ",
	  .comment = "//", .quotes = "\"'",
	  .longs = { "/*", "*/", "\"\"\"", "\"\"\"" },
	  .words = {
		[WEAKEN_ASSERTS] = "assert*( .assert*( fail( verify( .verify( "
		    "assert Truth.assert*(",
		[WEAKEN_TESTS] = "^public~void~test*",
		[WEAKEN_MARKS] = "@Test @ParameterizedTest @RepeatedTest "
		    "@TestFactory",
		[WEAKEN_FUNCTIONS] = "^public~* ^void~* ^@Test~void~* "
		    "^@Test~public~* ^@*~@Test~void~* ^@*~@Test~public~* "
		    "^private~* ^protected~* ^static~* "
		    "^final~* ^fun~* ^internal~*",
		[WEAKEN_SKIPS] = "@Ignore @Disabled* assumeTrue( assumeFalse( "
		    "assumeThat( Assume.* Assumptions.* ^if~(false)",
		[WEAKEN_CATCHES] = "catch",
		[WEAKEN_NOTHING] = "^}" } },
	{ .ends = " rb ",
	  .comment = "#", .quotes = "\"'",
	  .longs = { "=begin", "=end" },
	  .quoted = true,
	  .words = {
		[WEAKEN_ASSERTS] = "expect( expect~{ expect{ expect~do "
		    "is_expected .should .should_not ^should ^should_not "
		    "assert* refute* .must_* .wont_* flunk",
		[WEAKEN_TESTS] = "^it~ ^it( ^specify~ ^scenario~ ^example~ "
		    "^test~ ^def~test_* ^xit~ ^fit~",
		[WEAKEN_FUNCTIONS] = "^def~*",
		[WEAKEN_SKIPS] = "^skip ^pending ^xit ^xdescribe ^xcontext "
		    "^xspecify ,~:skip ,~:pending ,~skip: ,~pending: "
		    "^if~false",
		[WEAKEN_CATCHES] = "^rescue",
		[WEAKEN_NOTHING] = "^end ^nil" } },
	{ .ends = " sh bash bats ",
	  .comment = "#", .quotes = "'",
	  .quoted = true,
	  .words = {
		[WEAKEN_ASSERTS] = "^[~ ^[[~ ^test~ ^assert* ^refute* ^grep~ "
		    "^diff~ ^cmp~ ^test_cmp ^!~ ^run~-* ^run~! ^set~-e*",
		[WEAKEN_TESTS] = "^@test~ ^test*() ^function~test* ^it_*() "
		    "^test_expect_success",
		[WEAKEN_FUNCTIONS] = "^*() ^function~*",
		[WEAKEN_SKIPS] = "^skip ^startSkipping ^exit~77 ^if~false" } },
};

static const char *const weaken_common[WEAKEN_WORDS] = {
	/* One place for many assertions, if added beside one. */
	[WEAKEN_LOOPS] = "for while each .each .each( each( .forEach( .map( "
	    "parametrize .parametrize subTest .subTest( range t.Run cases "
	    "tests .every( it.each test.each @ParameterizedTest @ValueSource "
	    "@CsvSource aggregate_failures pytest.raises pytest.warns "
	    "#[should_panic it_behaves_like include_examples shared_examples "
	    ".all(",
	/* In old lines: one of two assertions goes with its branch. */
	[WEAKEN_BRANCHES] = "else else: elif elsif",
	[WEAKEN_TRIES] = "^try ^begin",
};

/* In the name of a function that asserts, perhaps; without the first letter,
 * which may be a capital. */
static const char *const weaken_helpers[] = {
	"ssert", "heck", "erify", "xpect", "alidate", "ompare", "nsure", "ust",
	"hould", "equire", "qual", "atch", "test",
};

/* Say nothing of what is asserted. */
static const char *const weaken_stops[] = {
	"self", "is", "not", "to", "be", "None", "null", "nil", "undefined",
	"true", "false", "True", "False", "eq", "t", "toBe", "err", "require",
	"Equal", "NotEqual", "Nil", "equal", "toEqual", "toStrictEqual",
};

/* ---- text ---- */

bool
weaken_is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

size_t
weaken_blanks(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == ' ' || *q == '\t'))
		q++;
	return (size_t)(q - p);
}

/* Does the code at `p` match the pattern? */
static bool
weaken_match(const char *pattern, size_t len, const char *p, const char *end)
{
	size_t i, n;

	for (i = 0; i < len; i++)
		if (pattern[i] == '*') {
			while (p < end && weaken_is_name(*p))
				p++;
		} else if (pattern[i] == '~') {
			if ((n = weaken_blanks(p, end)) == 0)
				return false;
			p += n;
		} else if (p == end || *p++ != pattern[i])
			return false;
	return p == end || !weaken_is_name(pattern[len - 1]) ||
	    !weaken_is_name(*p);
}

static void
weaken_list_make(struct weaken_list *list, const char *patterns)
{
	size_t i, n;

	for (i = 1; patterns != NULL && i <= WEAKEN_PATTERNS; i++) {
		bool begins = *patterns == '^';
		uint8_t *head;

		n = strcspn(patterns, " ");
		head = &list->head[patterns[begins] == '*' ? 0 :
		    (unsigned char)patterns[begins]];
		list->v[i].p = patterns + begins;
		list->v[i].len = (uint8_t)(n - begins);
		list->v[i].begins = begins;
		list->v[i].next = *head;
		*head = (uint8_t)i;
		patterns = patterns[n] == '\0' ? NULL : patterns + n + 1;
	}
}

const struct weaken_language *
weaken_language(const char *path)
{
	const char *dot = strrchr(path, '.');
	AUTO_FREE char *end = xasprintf(" %s ", dot == NULL ? "" : dot + 1);
	size_t i;

	for (i = 0; i < MEM_COUNT(weaken_languages); i++)
		if (strstr(weaken_languages[i].ends, end) != NULL)
			return &weaken_languages[i];
	return NULL;
}

const struct weaken_lists *
weaken_lists(struct weaken_lists **all, const char *path)
{
	const struct weaken_language *of = weaken_language(path);
	struct weaken_lists *l;
	size_t i;

	for (l = *all; l != NULL; l = l->next)
		if (l->of == of)
			return l;
	l = xcalloc(1, sizeof(*l));
	l->of = of;
	l->next = *all;
	for (i = 0; i < WEAKEN_WORDS; i++)
		weaken_list_make(&l->v[i], weaken_common[i] != NULL ?
		    weaken_common[i] : of->words[i]);
	return *all = l;
}

void
weaken_lists_free(struct weaken_lists *l)
{
	struct weaken_lists *next;

	for (; l != NULL; l = next) {
		next = l->next;
		free(l);
	}
}

const char *
weaken_seek(const struct weaken_lists *l, enum weaken_which which,
    const struct weaken_line *line)
{
	const struct weaken_list *list = &l->v[which];
	const char *end = line->code + line->len, *p;
	const char *first = line->code + weaken_blanks(line->code, end);
	unsigned i;

	for (p = first; p < end; p++) {
		if (p > first && weaken_is_name(p[-1]) && weaken_is_name(*p))
			continue;
		for (i = list->head[(unsigned char)*p]; i > 0;
		    i = list->v[i].next)
			if ((list->v[i].begins ? p == first : p == first ||
			    p[-1] != '.' || *p == '.') && weaken_match(
			    list->v[i].p, list->v[i].len, p, end))
				return p;
	}
	for (i = first < end ? list->head[0] : 0; i > 0; i = list->v[i].next)
		if (weaken_match(list->v[i].p, list->v[i].len, first, end))
			return first;
	return NULL;
}

/* What opens at `p`: the length of its beginning, and *close is its end; NULL:
 * nothing does. */
static size_t
weaken_opens(const struct weaken_language *l, const char *text, const char *p,
    const char *end, const char **close, bool *comment)
{
	size_t i;

	*comment = *p == '/' || *p == '#' || *p == '=';
	for (i = 0; l->longs[i] != NULL; i += 2)
		if (mem_starts(p, end, l->longs[i])) {
			*close = l->longs[i + 1];
			return strlen(l->longs[i]);
		}
	if (mem_starts(p, end, l->comment) && (*p == '/' || p == text ||
	    isspace((unsigned char)p[-1])))
		*close = "\n";
	else if (*p == '"' || *p == '\'')
		*close = strchr(l->quotes, *p) == NULL ? NULL : *p == '"' ?
		    "\"" : "'";
	return 1;
}

char *
weaken_code(const struct weaken_language *l, const char *text, size_t len)
{
	char *code = xmemdup(text, len);
	const char *end = text + len, *p, *close = NULL;
	bool comment = false;
	size_t n;

	for (p = text; p < end; p += n) {
		char blank = comment ? ' ' : WEAKEN_STRING;

		n = 1;
		if (close == NULL) {
			n = weaken_opens(l, text, p, end, &close, &comment);
			if (close != NULL && comment)
				memset(code + (p - text), ' ', n);
		} else if (mem_starts(p, end, close)) {
			n = strlen(close);
			if (comment && *p != '\n')
				memset(code + (p - text), ' ', n);
			close = NULL;
		} else if (*p != '\n') {
			n = *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
			memset(code + (p - text), blank, n);
		} else if (strchr("\"'", *close) != NULL && close[1] == '\0')
			close = NULL;
	}
	return code;
}

/* The length of the exception that begins at `p`; 0: none does. */
static size_t
weaken_thrown(const char *code, const char *p, const char *end)
{
	static const char *const kinds[] = { "Error", "Exception" };
	size_t n = 0, i, k;

	if (!isupper((unsigned char)*p) || (p > code && weaken_is_name(p[-1])))
		return 0;
	while (p + n < end && weaken_is_name(p[n]))
		n++;
	for (i = 0; i < MEM_COUNT(kinds); i++)
		if ((k = strlen(kinds[i])) <= n &&
		    memcmp(p + n - k, kinds[i], k) == 0)
			return n;
	return 0;
}

char *
weaken_key(const char *text, const char *code, size_t len, bool shape)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < len; i++) {
		char c = code[i];
		bool quote = c == '"' || c == '\'' || c == '`';
		size_t thrown = shape ? weaken_thrown(code, code + i, code +
		    len) : 0;
		bool number = shape && isdigit((unsigned char)c) &&
		    (i == 0 || !weaken_is_name(code[i - 1]));

		if (strchr(" \t\r\n(),;", c) != NULL)
			continue;
		while (number && i + 1 < len && (weaken_is_name(code[i + 1]) ||
		    code[i + 1] == '.' || (code[i] == 'e' &&
		    code[i + 1] == '-')))
			i++;
		i += thrown > 0 ? thrown - 1 : 0;
		if (!shape || (!quote && !number && thrown == 0 &&
		    c != WEAKEN_STRING))
			buf_addc(&b, quote ? '"' : c == WEAKEN_STRING ?
			    text[i] : c);
		else if (b.len == 0 || b.p[b.len - 1] != '#')
			buf_addc(&b, '#');
	}
	return buf_take(&b);
}

char *
weaken_line_key(const struct weaken_line *l)
{
	return weaken_key(l->text, l->code, l->len, false);
}

/* ---- what a line says ---- */

bool
weaken_helps(const struct weaken_line *l)
{
	const char *end = l->code + l->len, *p, *name;
	size_t i;

	for (p = name = l->code; p < end; p++) {
		if (weaken_is_name(*p))
			continue;
		for (i = 0; (*p == '(' || *p == '!') &&
		    i < MEM_COUNT(weaken_helpers); i++)
			if (memmem(name, (size_t)(p - name), weaken_helpers[i],
			    strlen(weaken_helpers[i])) != NULL)
				return true;
		name = p + 1;
	}
	return false;
}

bool
weaken_is_stop(const char *name)
{
	return MEM_FIND(weaken_stops, name) != NULL ||
	    strcasestr(name, "assert") != NULL ||
	    strcasestr(name, "expect") != NULL;
}
