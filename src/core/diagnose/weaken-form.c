#include "config.h"

#include "core/diagnose/weaken-form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

/* ---- languages ---- */

/* In language.h is how patterns are written. Only code is matched, no strings and
 * comments. */
static const struct weaken_form weaken_forms[LANGUAGES] = {
	[LANGUAGE_PYTHON] = {
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
	[LANGUAGE_JS] = {
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
	[LANGUAGE_GO] = {
	  .words = {
		[WEAKEN_ASSERTS] = "t.Error* t.Fatal* t.Fail* tb.Error* "
		    "tb.Fatal* assert.*( require.*( c.Assert( c.Check( "
		    "Expect( g.Expect(",
		[WEAKEN_TESTS] = "^func~Test* ^func~Fuzz* ^func~Example*",
		[WEAKEN_FUNCTIONS] = "^func~*",
		[WEAKEN_SKIPS] = "t.Skip* tb.Skip* ^if~false" } },
	[LANGUAGE_RUST] = {
	  .beside = true,
	  .words = {
		[WEAKEN_ASSERTS] = "assert*! prop_assert*! debug_assert*! "
		    "#[should_panic",
		[WEAKEN_MARKS] = "#[test #[tokio::test #[*::test",
		[WEAKEN_FUNCTIONS] = "^fn~* ^pub~fn~* ^async~fn~* "
		    "^pub~async~fn~*",
		[WEAKEN_SKIPS] = "#[ignore ^if~false" } },
	[LANGUAGE_JAVA] = {
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
	[LANGUAGE_RUBY] = {
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
	[LANGUAGE_SHELL] = {
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

const struct weaken_form *
weaken_form(enum language l)
{
	const struct weaken_form *of = &weaken_forms[l];

	return of->words[WEAKEN_ASSERTS] == NULL ? NULL : of;
}

const struct weaken_lists *
weaken_lists(struct weaken_lists **all, enum language language)
{
	const struct weaken_form *of = weaken_form(language);
	struct weaken_lists *l;
	size_t i;

	for (l = *all; l != NULL; l = l->next)
		if (l->of == of)
			return l;
	l = xcalloc(1, sizeof(*l));
	l->of = of;
	l->next = *all;
	for (i = 0; i < WEAKEN_WORDS; i++)
		pattern_list_add(&l->v[i], weaken_common[i] != NULL ?
		    weaken_common[i] : of->words[i], 0, false);
	return *all = l;
}

void
weaken_lists_free(struct weaken_lists *l)
{
	struct weaken_lists *next;
	size_t i;

	for (; l != NULL; l = next) {
		next = l->next;
		for (i = 0; i < WEAKEN_WORDS; i++)
			pattern_list_release(&l->v[i]);
		free(l);
	}
}

const char *
weaken_seek(const struct weaken_lists *l, enum weaken_which which,
    const struct language_line *line)
{
	return pattern_find(&l->v[which], line->code, line->len, NULL);
}

/* ---- text ---- */

/* The length of the exception that begins at `p`; 0: none does. */
static size_t
weaken_thrown(const char *code, const char *p, const char *end)
{
	static const char *const kinds[] = { "Error", "Exception" };
	size_t n = pattern_name(p, end), i, k;

	if (!isupper((unsigned char)*p) || (p > code && pattern_is_name(p[-1])))
		return 0;
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
		    (i == 0 || !pattern_is_name(code[i - 1]));

		if (strchr(" \t\r\n(),;", c) != NULL)
			continue;
		while (number && i + 1 < len && (pattern_is_name(code[i + 1]) ||
		    code[i + 1] == '.' || (code[i] == 'e' &&
		    code[i + 1] == '-')))
			i++;
		i += thrown > 0 ? thrown - 1 : 0;
		if (!shape || (!quote && !number && thrown == 0 &&
		    c != LANGUAGE_STRING))
			buf_addc(&b, quote ? '"' : c == LANGUAGE_STRING ?
			    text[i] : c);
		else if (b.len == 0 || b.p[b.len - 1] != '#')
			buf_addc(&b, '#');
	}
	return buf_take(&b);
}

char *
weaken_line_key(const struct language_line *l)
{
	return weaken_key(l->text, l->code, l->len, false);
}

/* ---- what a line says ---- */

bool
weaken_helps(const struct language_line *l)
{
	const char *end = l->code + l->len, *p, *name;
	size_t i;

	for (p = name = l->code; p < end; p++) {
		if (pattern_is_name(*p))
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
