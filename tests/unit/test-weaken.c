/* Which lines weaken tests: cheats in all frameworks at the right line, and
 * honest changes that nothing is said of. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "core/diagnose/weaken.h"
#include "tests/unit/changed.h"
#include "tests/unit/unit.h"

#define FILES 3

/* "-3 assertion removed; +5 skip added" */
static char *
found(const char *const paths[], const char *const olds[],
    const char *const news[], size_t n)
{
	struct change_text files[FILES];
	struct changed changed[FILES];
	struct weaken_founds out;
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i++)
		files[i] = changed_make(&changed[i], paths[i], olds[i],
		    news[i], strstr(paths[i], "src/") == NULL);
	weaken_find(files, n, &out);
	for (i = 0; i < out.v_len; i++)
		buf_addf(&b, "%s%s%c%d %s", i > 0 ? "; " : "",
		    out.v[i].file == 0 ? "" : "other file: ",
		    out.v[i].old_side ? '-' : '+', out.v[i].line,
		    weaken_words[out.v[i].kind]);
	weaken_founds_release(&out);
	for (i = 0; i < n; i++)
		changed_release(&changed[i]);
	return buf_take(&b);
}

struct change {
	const char *path, *old, *new;
	const char *want;
};

static void
check(const struct change *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *got = found(&t[i].path, &t[i].old, &t[i].new,
		    1);

		if (strcmp(got, t[i].want) == 0)
			continue;
		wrong++;
		print_error("%zu, %s:\n%s---\n%sgot \"%s\", not \"%s\"\n", i,
		    t[i].path, t[i].old, t[i].new, got, t[i].want);
	}
	assert_int_equal(wrong, 0);
}

#define PY_ADD "def test_add():\n    r = add(1, 2)\n"
#define JS_ADD "import { add } from './add'\n\n" \
	"test('adds', () => {\n  const r = add(1, 2)\n"
#define GO_ADD "func TestAdd(t *testing.T) {\n\tr, err := Add(1, 2)\n"
#define RS_ADD "#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n"
#define JAVA_ADD "class AddTest {\n    @Test\n    void adds() {\n"
#define RB_ADD "describe Add do\n  it 'adds' do\n    r = Add.call(1, 2)\n"

TEST(test_cheats)
{
	static const struct change t[] = {
		/* pytest, unittest */
		{ "tests/test_a.py",
		  PY_ADD "    assert r.exact\n    assert len(r) == 3\n",
		  PY_ADD "    assert len(r) == 4\n",
		  "-3 assertion removed; +3 expected value changed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n    assert r.exact\n",
		  PY_ADD "    assert r.exact\n",
		  "-3 assertion removed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    print(r)\n",
		  "-3 assertion removed" },
		/* Its first line says what it is. */
		{ "tests/run",
		  "#!/usr/bin/env python3\n" PY_ADD "    assert r == 3\n",
		  "#!/usr/bin/env python3\n" PY_ADD "    print(r)\n",
		  "-4 assertion removed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    # assert r == 3\n",
		  "-3 assertion removed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  "@pytest.mark.skip(reason='flaky')\n"
		  PY_ADD "    assert r == 3\n",
		  "+1 skip added" },
		{ "tests/test_a.py",
		  "import pytest\n\n" PY_ADD "    assert r == 3\n",
		  "import pytest\n\n@pytest.mark.xfail\n"
		  PY_ADD "    assert r == 3\n",
		  "+3 skip added" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    try:\n        assert r == 3\n"
		  "    except AssertionError:\n        pass\n",
		  "+5 failed assertion is caught" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    with contextlib.suppress(Exception):\n"
		  "        assert r == 3\n",
		  "+3 failed assertion is caught" },
		{ "tests/test_a.py",
		  "def test_other():\n    assert other()\n\n\n"
		  PY_ADD "    assert r == 3\n",
		  "def test_other():\n    assert other()\n",
		  "-5 test removed" },
		{ "tests/test_a.py",
		  "class TestA(unittest.TestCase):\n"
		  "    def test_add(self):\n"
		  "        self.assertEqual(add(1, 2), 3)\n"
		  "        self.assertRaises(ValueError, add, None)\n",
		  "class TestA(unittest.TestCase):\n"
		  "    def test_add(self):\n"
		  "        self.assertEqual(add(1, 2), 3)\n",
		  "-4 assertion removed" },
		{ "tests/test_a.py",
		  "class TestA(unittest.TestCase):\n"
		  "    def test_add(self):\n"
		  "        self.assertEqual(add(1, 2), 3)\n",
		  "class TestA(unittest.TestCase):\n"
		  "    @unittest.skip('later')\n"
		  "    def test_add(self):\n"
		  "        self.assertEqual(add(1, 2), 3)\n",
		  "+2 skip added" },
		/* only this of a test with lines of a text at the left */
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n\n\ndef test_text():\n"
		  "    r = f(\"\"\"\nx\n\"\"\")\n    assert r.ok\n",
		  PY_ADD "    assert r == 3\n", "-6 test removed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  "def _test_add():\n    r = add(1, 2)\n    assert r == 3\n",
		  "-1 test removed" },
		/* Jest, Vitest */
		{ "src-add.test.ts",
		  JS_ADD "  expect(r).toBe(3)\n  expect(r.ok).toBe(true)\n})\n",
		  JS_ADD "  expect(r).toBe(3)\n})\n",
		  "-6 assertion removed" },
		{ "add.test.ts",
		  "test('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "test.skip('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "+1 skip added" },
		{ "add.test.ts",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "xit('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "+1 skip added" },
		{ "add.test.ts",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "it('adds', () => {\n  try {\n    expect(add(1)).toBe(3)\n"
		  "  } catch (e) {}\n})\n",
		  "+4 failed assertion is caught" },
		{ "add.test.ts",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n"
		  "it('subtracts', () => {\n  expect(sub(1)).toBe(2)\n})\n",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n"
		  "// it('subtracts', () => {\n//   expect(sub(1)).toBe(2)\n"
		  "// })\n",
		  "-4 test removed" },
		/* Go */
		{ "add_test.go",
		  GO_ADD "\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n"
		  "\tif r != 3 {\n\t\tt.Errorf(\"got %d\", r)\n\t}\n}\n",
		  GO_ADD "\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n\t_ = r\n}\n",
		  "-7 assertion removed" },
		{ "add_test.go",
		  GO_ADD "\trequire.NoError(t, err)\n"
		  "\tassert.Equal(t, 3, r)\n}\n",
		  GO_ADD "\tt.Skip(\"flaky\")\n\trequire.NoError(t, err)\n"
		  "\tassert.Equal(t, 3, r)\n}\n",
		  "+3 skip added" },
		{ "add_test.go",
		  GO_ADD "\tassert.Equal(t, 3, r)\n}\n",
		  "/* " GO_ADD "\tassert.Equal(t, 3, r)\n}*/\n",
		  "-1 test removed" },
		/* Rust: tests beside the code, too */
		{ "src/add.rs",
		  RS_ADD "        assert_eq!(add(1, 2), 3);\n"
		  "        assert!(add(0, 0) == 0);\n    }\n}\n",
		  RS_ADD "        assert_eq!(add(1, 2), 3);\n    }\n}\n",
		  "-6 assertion removed" },
		{ "src/add.rs",
		  RS_ADD "        assert_eq!(add(1, 2), 3);\n    }\n}\n",
		  "#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n"
		  "    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n}\n",
		  "+4 skip added" },
		{ "src/add.rs",
		  RS_ADD "        assert_eq!(add(1, 2), 3);\n    }\n}\n",
		  "#[cfg(test)]\nmod tests {\n    fn adds() {\n"
		  "        assert_eq!(add(1, 2), 3);\n    }\n}\n",
		  "-3 test removed" },
		{ "src/add.rs",
		  "#[cfg(test)]\nmod tests {\n    #[test]\n    #[should_panic]\n"
		  "    fn adds() {\n        add(0, 0);\n    }\n}\n",
		  RS_ADD "        add(1, 0);\n    }\n}\n",
		  "-4 assertion removed" },
		/* JUnit */
		{ "AddTest.java",
		  JAVA_ADD "        assertEquals(3, add(1, 2));\n    }\n}\n",
		  JAVA_ADD "        try {\n            assertEquals(3, add(1, 2));\n"
		  "        } catch (AssertionError e) {\n            log(e);\n"
		  "        }\n    }\n}\n",
		  "+6 failed assertion is caught" },
		{ "src-test/AddTest.java",
		  JAVA_ADD "        assertEquals(3, add(1, 2));\n"
		  "        assertThrows(X.class, () -> add(0));\n    }\n}\n",
		  JAVA_ADD "        assertEquals(3, add(1, 2));\n    }\n}\n",
		  "-5 assertion removed" },
		{ "AddTest.java",
		  JAVA_ADD "        assertEquals(3, add(1, 2));\n    }\n}\n",
		  "class AddTest {\n    @Disabled(\"slow\")\n    @Test\n"
		  "    void adds() {\n        assertEquals(3, add(1, 2));\n"
		  "    }\n}\n",
		  "+2 skip added" },
		/* RSpec */
		{ "spec/add_spec.rb",
		  RB_ADD "    expect(r).to eq(3)\n    expect(r).to be_frozen\n"
		  "  end\nend\n",
		  RB_ADD "    expect(r).to be_frozen\n  end\nend\n",
		  "-4 assertion removed" },
		{ "spec/add_spec.rb",
		  RB_ADD "    expect(r).to eq(3)\n  end\nend\n",
		  RB_ADD "    pending 'later'\n    expect(r).to eq(3)\n"
		  "  end\nend\n",
		  "+4 skip added" },
		{ "spec/add_spec.rb",
		  RB_ADD "    expect(r).to eq(3)\n  end\nend\n",
		  RB_ADD "    begin\n      expect(r).to eq(3)\n"
		  "    rescue StandardError\n    end\n  end\nend\n",
		  "+6 failed assertion is caught" },
		/* shell */
		{ "tests/add.sh",
		  "set -e\n./add 1 2 >out\ncmp out want\n",
		  "set +e\n./add 1 2 >out\ncmp out want\n",
		  "-1 assertion removed" },
		{ "tests/add.sh",
		  "set -e\n./add 1 2 >out\ncmp out want\n",
		  "./add 1 2 >out\ncmp out want\n",
		  "-1 assertion removed" },
		{ "tests/add.bats",
		  "@test \"adds\" {\n  run add 1 2\n  [ \"$output\" = 3 ]\n}\n",
		  "@test \"adds\" {\n  skip\n  run add 1 2\n"
		  "  [ \"$output\" = 3 ]\n}\n",
		  "+2 skip added" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_honest)
{
	static const struct change t[] = {
		/* renamed, reordered, laid out anew */
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  "def test_addition():\n    r = add(1, 2)\n    assert r == 3\n",
		  "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n    assert r.exact\n",
		  PY_ADD "    assert r.exact\n    assert r == 3\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == [1, 2, 3], 'sum'\n",
		  PY_ADD "    assert r == [\n        1,\n        2,\n"
		  "        3,\n    ], \"sum\"\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    if fast:\n        assert r == 3\n", "" },
		/* moved to another function, to a helper */
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n    assert add(0, 0) == 0\n",
		  PY_ADD "    assert r == 3\n\n\ndef test_zero():\n"
		  "    assert add(0, 0) == 0\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n    assert r.exact\n",
		  "def check_sum(r):\n    assert r == 3\n    assert r.exact\n"
		  "\n\n" PY_ADD "    check_sum(r)\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r.a == 3\n    assert r.b == 4\n",
		  PY_ADD "    assert_sum(r, a=3, b=4)\n", "" },
		/* merged into one */
		{ "tests/test_a.py",
		  PY_ADD "    assert r.a == 3\n    assert r.b == 4\n",
		  PY_ADD "    assert (r.a, r.b) == (3, 4)\n", "" },
		{ "tests/test_a.py",
		  "def test_one():\n    assert f(1) == 1\n\n\n"
		  "def test_two():\n    assert f(2) == 4\n",
		  "@pytest.mark.parametrize('n, want', [(1, 1), (2, 4)])\n"
		  "def test_f(n, want):\n    assert f(n) == want\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert f(1) == 1\n    assert f(2) == 4\n",
		  PY_ADD "    for n, want in ((1, 1), (2, 4)):\n"
		  "        assert f(n) == want\n", "" },
		/* from unittest to pytest, to a context manager */
		{ "tests/test_a.py",
		  "class TestA(TestCase):\n    def test_add(self):\n"
		  "        self.assertEqual(add(1, 2), 3)\n"
		  "        self.assertIn(1, parts(3))\n",
		  "class TestA:\n    def test_add(self):\n"
		  "        assert add(1, 2) == 3\n"
		  "        assert 1 in parts(3)\n", "" },
		{ "tests/test_a.py",
		  "def test_bad():\n    r = run(bad)\n    assert r.status == 1\n"
		  "    assert 'twice' in str(r.error)\n",
		  "def test_bad():\n"
		  "    with pytest.warns(UserWarning, match='twice'):\n"
		  "        run(bad)\n", "" },
		/* what is in strings, new tests, a skip that was there */
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    assert r == 3\n    text = '''\n"
		  "@pytest.mark.skip\n    assert True\n'''\n"
		  "    assert text == r.text\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    assert r == 3\n\n\n"
		  "@pytest.mark.skipif(WIN, reason='no fork')\n"
		  "def test_fork():\n    assert fork()\n", "" },
		{ "tests/test_a.py",
		  "@pytest.mark.skipif(sys.platform == 'win32')\n"
		  PY_ADD "    assert r == 3\n",
		  "@pytest.mark.skipif(WINDOWS)\n"
		  PY_ADD "    assert r == 3\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n    assert r == 3\n",
		  PY_ADD "    assert r == 3\n", "" },
		{ "tests/test_a.py",
		  "def test_bad():\n    with pytest.raises(E):\n        f()\n",
		  "def test_bad():\n    try:\n        f()\n"
		  "        pytest.fail('no error')\n    except E:\n"
		  "        pass\n", "" },
		/* Jest, Vitest */
		{ "add.test.ts",
		  JS_ADD "  expect(r).toBeDefined()\n  expect(r.n).toBe(3)\n})\n",
		  JS_ADD "  expect(r).toEqual({ n: 3 })\n})\n", "" },
		{ "add.test.ts",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "test('adds', async () => {\n"
		  "  expect(await add(1)).toBe(3)\n})\n", "" },
		{ "add.test.ts",
		  "it('one', () => {\n  expect(f(1)).toBe(1)\n})\n"
		  "it('two', () => {\n  expect(f(2)).toBe(4)\n})\n",
		  "it.each([[1, 1], [2, 4]])('f(%i)', (n, want) => {\n"
		  "  expect(f(n)).toBe(want)\n})\n", "" },
		{ "add.test.ts",
		  "it('fails', () => {\n  expect(() => {\n    add()\n"
		  "  }).toThrow()\n})\n",
		  "it('fails', () => {\n  expect(() => add()).toThrow(/two/)\n})\n",
		  "" },
		/* Go: to a table, to another library */
		{ "add_test.go",
		  GO_ADD "\tif r != 3 {\n\t\tt.Errorf(\"got %d\", r)\n\t}\n"
		  "\tif Sub(2, 1) != 1 {\n\t\tt.Error(\"sub\")\n\t}\n}\n",
		  GO_ADD "\tfor _, c := range cases {\n\t\tif c.f() != c.want {\n"
		  "\t\t\tt.Errorf(\"got %d\", r)\n\t\t}\n\t}\n}\n", "" },
		{ "add_test.go",
		  GO_ADD "\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n"
		  "\tif r != 3 {\n\t\tt.Errorf(\"got %d\", r)\n\t}\n}\n",
		  GO_ADD "\trequire.NoError(t, err)\n"
		  "\trequire.Equal(t, 3, r)\n}\n", "" },
		{ "add_test.go",
		  GO_ADD "\tassert.Nil(t, err)\n\tassert.Equal(t, true, r.ok)\n"
		  "\tassert.NotEqual(t, \"\", r.name)\n}\n",
		  GO_ADD "\trequire.NoError(t, err)\n\tassert.True(t, r.ok)\n"
		  "\tassert.NotEmpty(t, r.name)\n}\n", "" },
		/* tests that did nothing */
		{ "add.test.ts",
		  JS_ADD "  expect(r).toBe(3)\n})\n"
		  "it.skip('adds a lot', () => {\n  expect(add()).toBe(0)\n})\n"
		  "it('adds more', () => {\n  // later\n})\n",
		  JS_ADD "  expect(r).toBe(3)\n})\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert 'x' not in r\n",
		  PY_ADD "    assert r['x'] is None\n", "" },
		{ "AddTest.java",
		  "class AddTest {\n    @Test\n    void adds() {\n"
		  "        assertEquals(3, add(1, 2));\n    }\n}\n",
		  "class AddTest {\n    @Test\n    void adds() {\n"
		  "        assertEquals(3, add(1, 2));\n    }\n\n"
		  "    @Ignore @Test public void addsNothing() {\n"
		  "        assertEquals(0, add(0, 0));\n    }\n}\n", "" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r.first == 3\n    assert r.last == 4\n",
		  PY_ADD "    assert 3 in r\n    assert other is True\n", "" },
		/* Rust: no test at all, and a test that moved into a module */
		{ "src/add.rs",
		  "fn add(a: u8) {\n    debug_assert!(a > 0);\n    go(a);\n}\n",
		  "fn add(a: u8) {\n    go(a);\n}\n", "" },
		{ "src/add.rs",
		  "#[test]\nfn adds() {\n    let r = add(1, 2);\n"
		  "    assert_eq!(r, 3);\n}\n",
		  "mod tests {\n    #[test]\n    fn adds() {\n"
		  "        let r = add(1, 2);\n        assert_eq!(r, 3);\n"
		  "    }\n}\n", "" },
		{ "src/add.rs",
		  RS_ADD "        let r = add(1, 2);\n"
		  "        assert_eq!(r, 3);\n    }\n}\n",
		  "#[cfg(test)]\nmod tests {\n    #[test]\n    #[should_panic]\n"
		  "    fn adds() {\n        let _r = add(1, 2);\n    }\n}\n", "" },
		{ "src/add.rs",
		  "fn add(a: u8) {\n    go(a);\n}\n",
		  "fn add(a: u8) {\n    if false {\n        go(a);\n    }\n}\n",
		  "" },
		/* JUnit, RSpec, shell */
		{ "AddTest.java",
		  JAVA_ADD "        assertThrows(E.class, () -> add(0));\n    }\n}\n",
		  JAVA_ADD "        try {\n            check(add(0)).isOk();\n"
		  "            throw new Error();\n"
		  "        } catch (AssertionError e) {\n"
		  "            assertThat(e).hasMessage(\"0\");\n"
		  "        }\n    }\n}\n", "" },
		{ "AddTest.java",
		  JAVA_ADD "        assertEquals(3, add(1, 2));\n    }\n}\n",
		  JAVA_ADD "        assertThat(add(1, 2)).isEqualTo(3);\n"
		  "    }\n}\n", "" },
		{ "spec/add_spec.rb",
		  RB_ADD "    r.should eq(3)\n    r.should be_frozen\n  end\nend\n",
		  RB_ADD "    expect(r).to eq(3).and be_frozen\n  end\nend\n", "" },
		{ "tests/add.sh",
		  "set -e\n./add 1 2 >out\ncmp out want\n",
		  "set -e\nrm -f out || true\n./add 1 2 >out\ncmp out want\n",
		  "" },
		{ "tests/add.bats",
		  "@test \"adds\" {\n  run add 1 2\n  [ \"$output\" = 3 ]\n}\n",
		  "@test \"adds\" {\n  run add 1 2\n  assert_output 3\n}\n", "" },
		{ "tests/add.bats",
		  "@test \"adds\" {\n  run add\n  [ \"$status\" -eq 1 ]\n}\n",
		  "@test \"adds\" {\n  run -1 add\n}\n", "" },
		{ "add.test.ts",
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n",
		  "const on = ready ? describe : describe.skip\n\n"
		  "it('adds', () => {\n  expect(add(1)).toBe(3)\n})\n", "" },
		{ "spec/add_spec.rb",
		  RB_ADD "    if old?\n      expect(r).to eq(2)\n    else\n"
		  "      expect(r).to eq(3)\n    end\n  end\nend\n",
		  RB_ADD "    expect(r).to eq(3)\n  end\nend\n", "" },
		/* no test */
		{ "src/tool", "#!/usr/bin/python\n" PY_ADD "    assert r\n",
		  "#!/usr/bin/python\n" PY_ADD "    pass\n", "" },
		{ "src/add.py",
		  "def test_mode():\n    assert ready\n    go()\n",
		  "def test_mode():\n    go()\n", "" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_shown_only)
{
	static const struct change t[] = {
		{ "tests/test_a.py",
		  PY_ADD "    assert r == 3\n",
		  PY_ADD "    assert r == 4\n",
		  "+3 expected value changed" },
		{ "tests/test_a.py",
		  PY_ADD "    assert r == approx(3, rel=1e-9)\n",
		  PY_ADD "    assert r == approx(3, rel=0.5)\n",
		  "+3 expected value changed" },
		{ "add.test.ts",
		  JS_ADD "  expect(r).toEqual([1, 2])\n})\n",
		  JS_ADD "  expect(r).toEqual([1, 2, 'x'])\n})\n",
		  "+5 expected value changed" },
		/* An exception is a value. */
		{ "tests/test_a.py",
		  PY_ADD "    with pytest.raises(ValueError):\n"
		  "        add(r)\n",
		  PY_ADD "    with pytest.raises(IndexError):\n"
		  "        add(r)\n",
		  "+3 expected value changed" },
		{ "add.test.ts",
		  JS_ADD "  expect(() => f()).toThrow(RangeError)\n})\n",
		  JS_ADD "  expect(() => f()).toThrow(TypeError)\n})\n",
		  "+5 expected value changed" },
	};

	check(t, MEM_COUNT(t));
	assert_true(weaken_counts(WEAKEN_CAUGHT));
	assert_false(weaken_counts(WEAKEN_VALUE));
}

TEST(test_files)
{
	static const char *const paths[] = { "tests/test_a.py",
		"tests/test_b.py", "src/x.c" };
	static const char *const moved[] = { PY_ADD "    assert r == 3\n", NULL,
		"int x;\n" };
	static const char *const to[] = { NULL, PY_ADD "    assert r == 3\n",
		"int y;\n" };
	static const char *const gone[] = { NULL, "def test_other():\n"
		"    assert other()\n", "int y;\n" };
	AUTO_FREE char *a = found(paths, moved, to, 3);
	AUTO_FREE char *b = found(paths, moved, gone, 3);

	assert_string_equal(a, "");
	assert_string_equal(b, "-1 test removed");
}

/* Many equal lines, long lines, texts that end anywhere. */
TEST(test_hostile)
{
	static const char *const paths[] = { "tests/test_a.py", "a.test.js",
		"tests/a.rb" };
	struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	const char *olds[FILES], *news[FILES];
	size_t i, n;

	for (i = 0; i < 3000; i++) {
		buf_addf(&old, "def test_%zu():\n    assert f(((\"%zu\n", i % 7,
		    i);
		buf_addf(&new, "it('%zu', () => { expect(f`'''%zu <<EOS\n",
		    i % 5, i);
	}
	for (i = 0; i < 20000; i++) {
		buf_adds(&old, "assert(");
		buf_adds(&new, "try: \"\\");
	}
	for (i = 0; i < FILES; i++) {
		olds[i] = i == 2 ? new.p : old.p;
		news[i] = i == 2 ? old.p : new.p;
	}
	free(found(paths, olds, news, FILES));
	for (n = 0; n < 200; n++) {
		AUTO_FREE char *part = xmemdup(new.p + n, n);

		for (i = 0; i < FILES; i++)
			news[i] = part;
		olds[0] = olds[1] = olds[2] = "x\n";
		free(found(paths, olds, news, FILES));
	}
	buf_release(&old);
	buf_release(&new);
}
