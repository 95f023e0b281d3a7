// SPDX-License-Identifier: BSD-3-Clause
// HTML: nothing from outside becomes markup, ends a script or is lost; bytes are embedded as they are.
#include "elbow/output/html.h"

#include "elbow/output/base64.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;

static FILE *begin(void)
{
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    return out;
}

static void check_end(FILE *out, const char *expected)
{
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(texts_are_no_markup)
{
    static const char *const CASES[][2] = {
        {"a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"},
        {"</title><script>", "&lt;/title&gt;&lt;script&gt;"},
        {"line\n\ttab", "line\n\ttab"},
        {"\x1b[31m", "\xEF\xBF\xBD[31m"}, // a terminal's command
        // NOLINTNEXTLINE(misc-misleading-bidirectional): what the test is about
        {"\xE2\x80\xAE"
         "txt",
         "\xEF\xBF\xBD"
         "txt"},                                    // turns the direction
        {"\xC3\xA9 \xC3", "\xC3\xA9 \xEF\xBF\xBD"}, // cut in a character
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        FILE *out = begin();
        elbow_html_text(out, CASES[i][0]);
        check_end(out, CASES[i][1]);
    }
    FILE *out = begin();
    elbow_html_text_of(out, "\xC3\xA9", 1);
    check_end(out, "\xEF\xBF\xBD");
    out = begin();
    elbow_html_element(out, "p class=\"note\"", "1 < 2");
    check_end(out, "<p class=\"note\">1 &lt; 2</p>\n");
}
END_TEST

START_TEST(scripts_end_where_they_should)
{
    FILE *out = begin();
    elbow_html_json(out, "data", "{\"name\": \"</script><b>\"}");
    check_end(out, "<script type=\"application/json\" id=\"data\">{\"name\": \"\\u003c/script>\\u003cb>\"}</script>\n");
}
END_TEST

// The examples of RFC 4648, section 10, and a byte above 127.
START_TEST(bytes_become_letters)
{
    static const char *const CASES[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xFF\xFE\xFD", "//79"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        FILE *out = begin();
        elbow_base64_put(out, CASES[i][0], strlen(CASES[i][0]));
        check_end(out, CASES[i][1]);
    }
    FILE *out = begin();
    elbow_html_image(out, "image/png", "foo", 3, "a \"b\"");
    check_end(out, "<img src=\"data:image/png;base64,Zm9v\" alt=\"a &quot;b&quot;\">\n");
}
END_TEST

START_TEST(pages_load_nothing)
{
    static const char *const LINES[] = {"one", "two", NULL};
    FILE *out = begin();
    elbow_html_begin(out, "a<b", LINES);
    elbow_html_section(out, "part", "Rate & KL");
    elbow_html_section_end(out);
    elbow_html_end(out, LINES);
    ck_assert_int_eq(fclose(out), 0);
    static const char *const PARTS[] = {"<!DOCTYPE html>",
                                        "<title>a&lt;b</title>",
                                        "default-src 'none'",
                                        "<style>\none\ntwo\n</style>",
                                        "<section id=\"part\">\n<h2>Rate &amp; KL</h2>\n</section>",
                                        "<script>\none\ntwo\n</script>\n</body>\n</html>\n"};
    const char *at = text;
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; ++i) {
        const char *found = strstr(at, PARTS[i]);
        if (i == 1 || i == 2)
            found = strstr(text, PARTS[i]); // in any order in the head
        ck_assert_msg(found != NULL, "no %s in %s", PARTS[i], text);
        at = i == 1 || i == 2 ? at : found;
    }
    ck_assert_ptr_null(strstr(text, "http:"));
    free(text);
}
END_TEST

UNIT_MAIN("output/html", texts_are_no_markup, scripts_end_where_they_should, bytes_become_letters, pages_load_nothing)
