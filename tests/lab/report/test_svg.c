/* Drawings in one document: what is written of them, and what is refused. */
#include "lab/report/svg.h"

#include "tests/base/suite.h"
#include "tests/lab/report/folder.h"

#include <string.h>

static ams_error err;
static char *written;

/* With `inside` between <svg ROOT> and </svg>. */
static ams_status draw(const char *root, const char *inside, const char *prefix)
{
    char text[2048];
    size_t size;
    free(written);
    snprintf(text, sizeof text,
             "<?xml version='1.0'?>\n<svg %s xmlns='http://www.w3.org/2000/svg' "
             "xmlns:xlink='http://www.w3.org/1999/xlink'>\n%s</svg>\n",
             root, inside);
    write_text("a.svg", text);
    FILE *out = open_memstream(&written, &size);
    ams_status status = ams_report_svg(out, "a.svg", prefix, "A \"label\"", &err);
    fclose(out);
    return status;
}

static void check_drawn(const char *inside, const char *expected)
{
    ck_assert_msg(draw("viewBox='0 0 9 5'", inside, "f1") == AMS_OK, "%s", err.text);
    ck_assert_msg(strstr(written, expected) != NULL, "no %s in %s", expected, written);
}

START_TEST(test_written)
{
    check_drawn("<g id='a'/>", "<g id=\"f1-a\"></g>");
    check_drawn("<use xlink:href='#a' href='#a'/>", "href=\"#f1-a\"");
    check_drawn("<path clip-path='url(#c)' d='M1 2'/>",
                "<path clip-path=\"url(#f1-c)\" d=\"M1 2\"></path>");
    check_drawn("<path style=\"fill:url('#c'); stroke:url(#d)\"/>",
                "style=\"fill:url('#f1-c'); stroke:url(#f1-d)\"");
    check_drawn("<text xml:space='preserve'>a &lt; &amp; &#8805;</text>",
                "<text xml:space=\"preserve\">a &lt; &amp; \xe2\x89\xa5</text>");
    check_drawn("<path d='a' stroke='&quot;'/>", "stroke=\"&quot;\"");
    check_drawn("<image href='data:image/png;base64,AAAA'/>", "data:image/png;base64,AAAA");
    check_drawn("<rect data-a='b' formaction='c' tabindex='1' WIDTH='3'/>",
                "<rect WIDTH=\"3\"></rect>");
    check_drawn("<g class='wide'><title>Gnuplot <x/></title><desc>D</desc><rect/></g>",
                "<g><rect></rect></g>");
}
END_TEST

START_TEST(test_root)
{
    ck_assert_int_eq(
        draw("width='90' height='50' viewBox='0 0 9 5' id='x' style='a'", "", "f1"), AMS_OK);
    ck_assert_str_eq(written, "<svg viewBox=\"0 0 9 5\" role=\"img\" "
                              "aria-label=\"A &quot;label&quot;\">\n</svg>");
    ck_assert_int_eq(draw("width='90px' height='50.5'", "", "f1"), AMS_OK);
    ck_assert_ptr_nonnull(strstr(written, "<svg viewBox=\"0 0 90 50.5\""));
    static const char *const none[] = {"", "width='90'", "width='100%' height='5'",
                                       "width='0' height='5'", "width='9cm' height='5cm'"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        ck_assert_msg(draw(none[i], "", "f1") == AMS_BAD_DATA, "%s", none[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "no viewBox"));
    }
}
END_TEST

START_TEST(test_refused)
{
    static const char *const all[] = {
        "<script>alert(1)</script>",
        "<style>* { fill: red }</style>",
        "<foreignObject/>",
        "<a href='#x'/>",
        "<g onclick='alert(1)'/>",
        "<g ONCLICK='alert(1)'/>",
        "<image OnError='alert(1)' href='#a'/>",
        "<g xmlns:a='b' a:onload='alert(1)'/>",
        "<use HREF='http://example.org/a.svg#b'/>",
        "<use xmlns:a='http://www.w3.org/1999/xlink' a:Href='//example.org/a.svg#b'/>",
        "<path fill='URL(http://example.org/a)'/>",
        "<path FILL='uRl(//example.org/a)'/>",
        "<path style='fill: u\\72l(//example.org/a)'/>",
        "<path style=\"mask-image: image-set('//example.org/a')\"/>",
        "<use href='http://example.org/a.svg#b'/>",
        "<image href='http://example.org/a.png'/>",
        "<image href='data:text/html,x'/>",
        "<use href='javascript:alert(1)'/>",
        "<path fill='url(http://example.org/a)'/>",
        "<path style=\"fill: url('//example.org/a#b')\"/>",
        "<animate attributeName='href'/>",
        "<svg/>",
        "<x:path xmlns:x='http://www.w3.org/2000/svg'/>",
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert_msg(draw("viewBox='0 0 9 5'", all[i], "f1") == AMS_BAD_DATA, "%s", all[i]);
        ck_assert_msg(strncmp(err.text, "a.svg:3: expected a drawing alone, found ", 40) == 0,
                      "%s", err.text);
    }
    static const char *const broken[] = {"<g>", "<g a=b/>", "&nosuch;", "<g/", "\xff"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        ck_assert_msg(draw("viewBox='0 0 9 5'", broken[i], "f1") == AMS_BAD_DATA, "%s",
                      broken[i]);
        ck_assert_msg(strstr(err.text, "well-formed") != NULL, "%s", err.text);
    }
    write_text("a.svg", "");
    ck_assert_int_eq(ams_report_svg(stderr, "a.svg", "f1", "a", &err), AMS_BAD_DATA);
    write_text("a.svg", "<html/>");
    ck_assert_int_eq(ams_report_svg(stderr, "a.svg", "f1", "a", &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_report_svg(stderr, "absent.svg", "f1", "a", &err), AMS_IO);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_written);
    tcase_add_test(tests, test_root);
    tcase_add_test(tests, test_refused);
}

int main(void)
{
    int failed = run_suite("report_svg", add);
    free(written);
    return failed;
}
