// The C header from C++: the same answers through the standard strings, and first calls from many threads.
#include <webstr.h>

#include "platform.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

unsigned long passed, failed, comparisons;
bool case_failed;

template <typename Unit>
std::string hex(std::basic_string_view<Unit> text)
{
    std::string result;
    char buffer[16];

    for (Unit unit : text) {
        std::snprintf(buffer, sizeof buffer, " %02lx",
                      static_cast<unsigned long>(unit) & (sizeof(Unit) == 1 ? 0xff : 0xffffffff));
        result += buffer;
    }
    return result;
}

template <typename Unit>
bool same(const char *what, std::basic_string_view<Unit> expected, std::basic_string_view<Unit> got)
{
    comparisons++;
    if (expected == got)
        return true;
    std::printf("FAIL %s, backend %s, length %zu\n  expected:%s\n  got     :%s\n", what, webstr_backend(),
                expected.size(), hex(expected).c_str(), hex(got).c_str());
    case_failed = true;
    return false;
}

bool same(const char *what, std::size_t expected, std::size_t got)
{
    comparisons++;
    if (expected == got)
        return true;
    std::printf("FAIL %s, backend %s: expected %zu, got %zu\n", what, webstr_backend(), expected, got);
    case_failed = true;
    return false;
}

using Size = std::size_t (*)(const void *, std::size_t);
using Escape = std::size_t (*)(const void *, std::size_t, void *);

template <typename In, typename Out>
void check_escape(const char *function, Size size, Escape escape, std::basic_string_view<In> source,
                  std::basic_string_view<Out> expected)
{
    // An exactly sized vector, not a string, so that no spare capacity hides a write too far.
    std::vector<Out> destination(size(source.data(), source.size()));

    same(function, expected.size(), destination.size());
    if (destination.size() != expected.size())
        return;
    same(function, expected.size(), escape(source.data(), source.size(), destination.data()));
    same(function, expected, std::basic_string_view<Out>(destination.data(), destination.size()));
}

struct Known {
    std::u32string_view source, plain;
    std::string_view ascii;
};

using namespace std::string_view_literals;

const Known knowns[] = {
    {U""sv, U"\"\""sv, "\"\""sv},
    {U"hello, world"sv, U"\"hello, world\""sv, "\"hello, world\""sv},
    {U"\"\\/"sv, U"\"\\\"\\\\/\""sv, R"("\"\\/")"sv},
    {U"\b\t\n\v\f\r"sv, U"\"\\b\\t\\n\\u000b\\f\\r\""sv, R"("\b\t\n\u000b\f\r")"sv},
    {U"\0\x01\x1f "sv, U"\"\\u0000\\u0001\\u001f \""sv, R"("\u0000\u0001\u001f ")"sv},
    {U"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"z"sv,
     UR"("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"z")"sv, R"("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"z")"sv},
    {U"\x7f\xe9\xff"sv, U"\"\x7f\xe9\xff\""sv, R"("\u007f\u00e9\u00ff")"sv},
    {U"a long clean string of sixty-four characters and then some more of them, \x1e"sv,
     U"\"a long clean string of sixty-four characters and then some more of them, \\u001e\""sv,
     "\"a long clean string of sixty-four characters and then some more of them, \\u001e\""sv},
    {U"\x4e2d\x6587\xd800\xdfff\xffff"sv, U"\"\x4e2d\x6587\xd800\xdfff\xffff\""sv,
     R"("\u4e2d\u6587\ud800\udfff\uffff")"sv},
    {U"\x1f600\x10ffff\x110000"sv, U"\"\x1f600\x10ffff\x110000\""sv, R"("\ud83d\ude00\udbff\udfff\ufffd")"sv},
};

template <typename Unit>
std::basic_string<Unit> narrow(std::u32string_view text)
{
    std::basic_string<Unit> result;

    for (char32_t unit : text)
        result.push_back(static_cast<Unit>(unit));
    return result;
}

template <typename Unit>
void check_form(char32_t largest, const char *plain_name, Size plain_size, Escape plain, const char *ascii_name,
                Size ascii_size, Escape ascii)
{
    for (const Known &known : knowns) {
        bool fits = true;

        for (char32_t unit : known.source)
            fits &= unit <= largest;
        if (!fits)
            continue;
        const auto source = narrow<Unit>(known.source), expected = narrow<Unit>(known.plain);
        const std::basic_string_view<Unit> view(source), expected_view(expected);
        check_escape(plain_name, plain_size, plain, view, expected_view);
        check_escape(ascii_name, ascii_size, ascii, view, known.ascii);
    }
}

void ucs1_string()
{
    check_form<char>(0xff, "escape_json_ucs1", escape_json_ucs1_size, escape_json_ucs1, "escape_json_ascii_ucs1",
                     escape_json_ascii_ucs1_size, escape_json_ascii_ucs1);
}

void ucs2_u16string()
{
    check_form<char16_t>(0xffff, "escape_json_ucs2", escape_json_ucs2_size, escape_json_ucs2,
                         "escape_json_ascii_ucs2", escape_json_ascii_ucs2_size, escape_json_ascii_ucs2);
}

void ucs4_u32string()
{
    check_form<char32_t>(0xffffffff, "escape_json_ucs4", escape_json_ucs4_size, escape_json_ucs4,
                         "escape_json_ascii_ucs4", escape_json_ascii_ucs4_size, escape_json_ascii_ucs4);
}

// The pair of an emoji in UTF-16, and an emoji in UTF-8.
void encodings()
{
    check_escape("escape_json_ascii_ucs2", escape_json_ascii_ucs2_size, escape_json_ascii_ucs2, u"\U0001f600"sv,
                 R"("\ud83d\ude00")"sv);
    check_escape("escape_json_ucs2", escape_json_ucs2_size, escape_json_ucs2, u"\U0001f600"sv, u"\"\U0001f600\""sv);
    check_escape("escape_json_ucs1", escape_json_ucs1_size, escape_json_ucs1, "\xf0\x9f\x98\x80\n"sv,
                 "\"\xf0\x9f\x98\x80\\n\""sv);
}

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==", sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                           other_key = "x3JJHMbDL1EzLkh9GBhXDw==", other_accept = "HSmrc0sMlYUkAGmm5OPpG2HaGWk=";

void accept()
{
    std::string value(SEC_WEBSOCKET_ACCEPT_LEN, '?');

    sec_websocket_accept(sample_key.data(), value.data());
    same("sec_websocket_accept", sample_accept, std::string_view(value));
    value = std::string(sample_key) + "????";
    sec_websocket_accept(value.data(), value.data());
    same("sec_websocket_accept in place", sample_accept, std::string_view(value));
}

void accept_many()
{
    const std::string keys = std::string(sample_key) + std::string(other_key) + std::string(sample_key);
    const std::string expected = std::string(sample_accept) + std::string(other_accept) + std::string(sample_accept);
    std::string values(expected.size(), '?');

    sec_websocket_accept_many(keys.data(), values.data(), 3);
    same("sec_websocket_accept_many", std::string_view(expected), std::string_view(values));
}

void key_valid()
{
    same("sec_websocket_key_valid", true, sec_websocket_key_valid(sample_key.data(), sample_key.size()));
    same("sec_websocket_key_valid", false, sec_websocket_key_valid(sample_key.data(), 23));
    same("sec_websocket_key_valid", false, sec_websocket_key_valid("dGhlIHNhbXBsZSBub25j-Q==", 24));
}

void version()
{
    same("webstr_version", WEBSTR_VERSION, webstr_version());
}

// One call of each kind, without the counters, which belong to one thread.
bool first_call(unsigned which)
{
    char out[64];
    char16_t out2[64];
    char32_t out4[64];

    switch (which % 8) {
    case 0:
        sec_websocket_accept(sample_key.data(), out);
        return std::string_view(out, 28) == sample_accept;
    case 1:
        return escape_json_ucs1_size("\"x", 2) == 5;
    case 2:
        return std::string_view(out, escape_json_ucs1("\"x", 2, out)) == R"("\"x")";
    case 3:
        return std::u16string_view(out2, escape_json_ucs2(u"\"x", 2, out2)) == uR"("\"x")";
    case 4:
        return std::u32string_view(out4, escape_json_ucs4(U"\"x", 2, out4)) == UR"("\"x")";
    case 5:
        return std::string_view(out, escape_json_ascii_ucs4(U"\U0001f600", 1, out)) == R"("\ud83d\ude00")";
    case 6:
        sec_websocket_accept_many(other_key.data(), out, 1);
        return std::string_view(out, 28) == other_accept;
    default:
        return sec_websocket_key_valid(sample_key.data(), 24) && webstr_backend()[0] != '\0';
    }
}

bool sixteen_first_calls(unsigned round)
{
    constexpr unsigned count = 16;
    std::atomic<unsigned> ready{0}, right{0};
    std::vector<std::thread> threads;

    for (unsigned i = 0; i < count; i++)
        threads.emplace_back([&, i] {
            ready++;
            while (ready < count)
                std::this_thread::yield();
            // Every other round all threads make the same call.
            const bool first = first_call(round % 2 ? round / 2 : i);
            bool rest = true;
            for (unsigned which = 0; which < 8; which++)
                rest &= first_call(which);
            right += first && rest;
        });
    for (std::thread &thread : threads)
        thread.join();
    return right == count;
}

int one_round(const char *round, char *)
{
    return sixteen_first_calls(static_cast<unsigned>(std::stoul(round))) ? 0 : 1;
}

// A first call happens once per process, so each round is a process of its own; none has called the library before.
void first_calls_from_threads()
{
    for (unsigned round = 0; round < 32; round++) {
        char answer[ANSWER_SIZE];
        const int status = run_in_process(std::to_string(round).c_str(), std::getenv("WEBSTR_BACKEND"), answer);

        comparisons++;
        if (status != 0) {
            std::printf("FAIL first calls from 16 threads, round %u: status 0x%x\n", round,
                        static_cast<unsigned>(status));
            case_failed = true;
        }
    }
}

void run_case(void (*test)())
{
    case_failed = false;
    test();
    (case_failed ? failed : passed)++;
}

}  // namespace

int main(int argc, char **argv)
{
    process_begin(argc, argv, one_round);
    run_case(first_calls_from_threads);
    for (auto test : {version, key_valid, accept, accept_many, encodings, ucs1_string, ucs2_u16string, ucs4_u32string})
        run_case(test);
    std::printf("backend %s: %lu comparisons\n%lu passed, %lu failed\n", webstr_backend(), comparisons, passed, failed);
    return failed != 0;
}
