// webstr.hpp against the naive oracle, for every backend that this machine has: each runs in a process of its own,
// because the library chooses its backend once. test_webstr_hpp_other.cpp is the second file of the program that
// includes the header.
#include <webstr.hpp>

#include "cpu.h"
#include "naive.h"
#include "platform.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

std::string escape_elsewhere(std::string_view text);
std::string accept_elsewhere(std::string_view key);

namespace {

using namespace std::string_view_literals;

unsigned long passed, failed, comparisons;
unsigned long failures_in_case;

bool check(bool holds, const char *what, std::size_t length = 0)
{
    comparisons++;
    if (!holds && ++failures_in_case <= 3)
        std::printf("FAIL %s, backend %s, length %zu\n", what, webstr_backend(), length);
    return holds;
}

template <class Exception, class Call>
void check_throws(Call &&call, const char *what)
{
    bool thrown = false;
    try {
        call();
    } catch (const Exception &) {
        thrown = true;
    }
    check(thrown, what);
}

std::mt19937 random_bits;

std::uint32_t random_below(std::uint32_t bound)
{
    return static_cast<std::uint32_t>(random_bits() % bound);
}

// Clean runs, escapes and large characters in changing shares.
template <class Unit>
std::basic_string<Unit> random_text(std::size_t length)
{
    static constexpr char special[] = "\"\\\b\f\n\r\t\x01\x1f\x7f";
    const std::uint32_t rare = 1 + random_below(40);
    std::basic_string<Unit> text;
    while (text.size() < length) {
        if (random_below(rare) == 0)
            text.push_back(static_cast<Unit>(special[random_below(sizeof special)]));
        else if (random_below(rare) == 0)
            text.push_back(static_cast<Unit>(random_bits()));
        else
            text.push_back(static_cast<Unit>('a' + random_below(26)));
    }
    return text;
}

template <class Out, class In>
std::basic_string<Out> oracle(std::basic_string_view<In> text, bool ascii)
{
    std::vector<Out> room(2 + 12 * text.size());
    const std::size_t size = naive_escape(text.data(), text.size(), sizeof(In), ascii, room.data());
    return {room.data(), size};
}

template <class Unit>
constexpr bool has_ascii_form = true;
#ifdef __cpp_lib_char8_t
template <>
constexpr bool has_ascii_form<char8_t> = false;
#endif

const std::size_t lengths[] = {0,  1,  2,  3,  7,  8,  12, 13, 14, 15, 16, 17,  20,  21,  22,  23,
                               24, 29, 30, 31, 32, 33, 47, 63, 64, 65, 70, 100, 127, 128, 129, 1000};

template <class Unit>
void escapes()
{
    using Text = std::basic_string<Unit>;
    using View = std::basic_string_view<Unit>;

    static_assert(std::is_same_v<decltype(webstr::escape_json(View())), Text>);
    for (const std::size_t length : lengths) {
        for (int round = 0; round < 20; round++) {
            const Text text = random_text<Unit>(length);
            const Text expected = oracle<Unit>(View(text), false);
            const Text before = random_text<Unit>(random_below(40));

            check(webstr::escape_json(View(text)) == expected, "escape_json of a view", length);
            check(webstr::escape_json(text) == expected, "escape_json of a string", length);

            Text to = before;
            webstr::append_escape_json(to, text);
            check(to == before + expected, "append_escape_json", length);
            check(to.c_str()[to.size()] == Unit(), "the NUL after the string", length);

            Text roomy = before;
            roomy.reserve(before.size() + expected.size());
            const Unit *const place = roomy.data();
            webstr::append_escape_json(roomy, text);
            check(roomy == before + expected, "append_escape_json into spare capacity", length);
            check(roomy.data() == place, "no allocation with spare capacity", length);

            // Room for anything between a clean string and more than the result.
            Text some = before;
            some.reserve(before.size() + length + 2 + random_below(static_cast<std::uint32_t>(expected.size())));
            webstr::append_escape_json(some, text);
            check(some == before + expected, "append_escape_json into some capacity", length);
            check(some.c_str()[some.size()] == Unit(), "the NUL after the string with some capacity", length);

            if constexpr (has_ascii_form<Unit>) {
                static_assert(std::is_same_v<decltype(webstr::escape_json_ascii(View())), std::string>);
                const std::string ascii = oracle<char>(View(text), true);
                const std::string start(random_below(40), '<');
                std::string line = start;

                check(webstr::escape_json_ascii(View(text)) == ascii, "escape_json_ascii of a view", length);
                check(webstr::escape_json_ascii(text) == ascii, "escape_json_ascii of a string", length);
                webstr::append_escape_json_ascii(line, text);
                check(line == start + ascii, "append_escape_json_ascii", length);
            }
        }
    }
}

// A view into the string that grows: all of it and parts, with and without room for the result.
template <class Unit>
void self_append()
{
    using Text = std::basic_string<Unit>;
    using View = std::basic_string_view<Unit>;

    for (const std::size_t length : lengths) {
        for (const bool roomy : {false, true}) {
            const Text text = random_text<Unit>(length);
            const std::size_t from = random_below(static_cast<std::uint32_t>(length) + 1);
            const std::size_t count = random_below(static_cast<std::uint32_t>(length - from) + 1);
            Text whole = text, part = text;

            if (roomy) {
                whole.reserve(2 + 7 * length);
                part.reserve(2 + 7 * length);
            }
            webstr::append_escape_json(whole, whole);
            check(whole == text + oracle<Unit>(View(text), false), "a string appended to itself", length);
            webstr::append_escape_json(part, View(part).substr(from, count));
            check(part == text + oracle<Unit>(View(text).substr(from, count), false),
                  "a part of a string appended to it", length);
            if constexpr (std::is_same_v<Unit, char>) {
                Text ascii = text;
                webstr::append_escape_json_ascii(ascii, View(ascii).substr(from, count));
                check(ascii == text + oracle<Unit>(View(text).substr(from, count), true),
                      "a part of a string appended to it as ASCII", length);
            }
        }
    }
}

void literals()
{
    check(webstr::escape_json("a\n\"\xe9") == "\"a\\n\\\"\xe9\"", "char literal");
    check(webstr::escape_json(u"a\n\u4e2d") == u"\"a\\n\u4e2d\"", "char16_t literal");
    check(webstr::escape_json(U"a\n\U0001f600") == U"\"a\\n\U0001f600\"", "char32_t literal");
    check(webstr::escape_json_ascii("a\n\xe9") == R"("a\n\u00e9")", "char literal as ASCII");
    check(webstr::escape_json_ascii(u"\U0001f600") == R"("\ud83d\ude00")", "char16_t literal as ASCII");
    check(webstr::escape_json_ascii(U"\U0001f600") == R"("\ud83d\ude00")", "char32_t literal as ASCII");
    check(webstr::escape_json(std::string_view()) == "\"\"", "a view of nothing");
    check(webstr::escape_json("\0"sv) == R"("\u0000")", "U+0000");
#ifdef __cpp_lib_char8_t
    check(webstr::escape_json(u8"\u00e9\t") == u8"\"\u00e9\\t\"", "char8_t literal");
#endif
    std::string line = "{";
    webstr::append_escape_json(line, "k\t");
    line += ':';
    webstr::append_escape_json_ascii(line, u"\u4e2d");
    check(line == R"({"k\t":"\u4e2d")", "two literals appended");
}

struct Heap {
    unsigned allocations = 0, allowed = std::numeric_limits<unsigned>::max();
    std::size_t largest = std::numeric_limits<std::size_t>::max() / 8;
};

// An allocator that counts, and that can fail or be small.
template <class Unit>
struct Counting {
    using value_type = Unit;

    Heap *heap;

    explicit Counting(Heap &of) noexcept : heap(&of) {}
    template <class Other>
    Counting(const Counting<Other> &other) noexcept : heap(other.heap)
    {
    }
    Unit *allocate(std::size_t count)
    {
        if (heap->allocations == heap->allowed)
            throw std::bad_alloc();
        heap->allocations++;
        return std::allocator<Unit>().allocate(count);
    }
    void deallocate(Unit *units, std::size_t count) noexcept { std::allocator<Unit>().deallocate(units, count); }
    std::size_t max_size() const noexcept { return heap->largest; }
    friend bool operator==(const Counting &left, const Counting &right) noexcept { return left.heap == right.heap; }
    friend bool operator!=(const Counting &left, const Counting &right) noexcept { return left.heap != right.heap; }
};

template <class Unit>
void allocations_and_failures()
{
    using Text = std::basic_string<Unit, std::char_traits<Unit>, Counting<Unit>>;
    using View = std::basic_string_view<Unit>;

    for (const std::size_t length : lengths) {
        const std::basic_string<Unit> text = random_text<Unit>(length), before = random_text<Unit>(length);
        const std::basic_string<Unit> expected = oracle<Unit>(View(text), false);
        Heap heap;
        Text to(before.data(), before.size(), Counting<Unit>(heap));

        // Every other length has room for a clean string, where the first pass writes before one is needed.
        if (length % 2 != 0)
            to.reserve(before.size() + length + 2);
        // No allocation may be had: where one is needed the string stays as it was.
        const bool fits = before.size() + expected.size() <= to.capacity();
        heap.allowed = heap.allocations;
        bool thrown = false;
        try {
            webstr::append_escape_json(to, text);
        } catch (const std::bad_alloc &) {
            thrown = true;
        }
        check(thrown == !fits, "std::bad_alloc where an allocation is needed", length);
        if (thrown)
            check(View(to) == View(before), "the string after std::bad_alloc", length);
        else
            to.resize(before.size());

        heap.allowed = heap.allocations + 1;
        webstr::append_escape_json(to, text);
        check(View(to) == before + expected, "append with one allocation", length);

        // A heap too small for the result; libstdc++ takes half of what the allocator says.
        Heap small;
        small.largest = 2 * before.size() + 100;
        Text full(before.data(), before.size(), Counting<Unit>(small));
        const std::basic_string<Unit> large(2 * length + 200, Unit('x'));
        check_throws<std::length_error>([&] { webstr::append_escape_json(full, large); }, "std::length_error");
        check(View(full) == View(before), "the string after std::length_error", length);
        if constexpr (std::is_same_v<Unit, char>) {
            check_throws<std::length_error>([&] { webstr::append_escape_json_ascii(full, large); },
                                            "std::length_error, ASCII");
            check(View(full) == View(before), "the string after std::length_error, ASCII", length);
        }
    }
}

std::string random_key()
{
    std::string key;
    while (key.size() < 22)
        key.push_back(naive_base64[random_below(64)]);
    return key + "==";
}

void accept()
{
    static_assert(sizeof(webstr::accept_value) == SEC_WEBSOCKET_ACCEPT_LEN);
    static_assert(webstr::accept_value::size() == 28);
    static_assert(std::is_trivially_copyable_v<webstr::accept_value>);
    static_assert(std::is_convertible_v<webstr::accept_value, std::string_view>);

    const webstr::accept_value value = webstr::sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");
    const webstr::accept_value other = webstr::sec_websocket_accept("x3JJHMbDL1EzLkh9GBhXDw=="sv);
    const webstr::accept_value copy = value;
    const std::string string = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const std::string_view view = value;
    const char *const literal = "HSmrc0sMlYUkAGmm5OPpG2HaGWk=";

    check(view == string && view.data() == value.data(), "conversion to a view of the value");
    check(value == copy && !(value != copy) && value != other && !(value == other), "values compared");
    check(value == string && string == value && value != literal && literal != value, "compared with strings");
    check(value == view && view == value && other == literal && literal == other, "compared with views, literals");
    check(other != view && view != other && !(other != literal), "differs from views");
    check(value.str() == string && std::string(value.begin(), value.end()) == string, "as a string");
    check(value.view() == string && std::string(value) == string, "as a view");
    check(std::string("Accept: ").append(value) == "Accept: " + string, "appended to a string");

    std::ostringstream stream;
    stream << value << '|';
    stream.width(30);
    stream << value;
    check(stream.str() == string + "|  " + string, "streamed, with a width");

    for (int round = 0; round < 1000; round++) {
        std::string key = round % 2 ? random_key() : random_text<char>(SEC_WEBSOCKET_KEY_LEN);
        std::string expected(SEC_WEBSOCKET_ACCEPT_LEN, '\0');
        naive_accept(key.data(), expected.data());
        check(webstr::sec_websocket_accept(key) == expected, "sec_websocket_accept");
    }
    for (const std::size_t length : {0u, 1u, 23u, 25u, 48u})
        check_throws<std::invalid_argument>(
            [&] { static_cast<void>(webstr::sec_websocket_accept(std::string(length, 'A'))); },
            "std::invalid_argument for a key that is not 24 long");
}

void key_valid()
{
    static_assert(noexcept(webstr::sec_websocket_key_valid(std::string_view())));
    check(!webstr::sec_websocket_key_valid(std::string_view()), "no key");
    for (int round = 0; round < 1000; round++) {
        std::string key = random_key();
        if (round % 4)
            key[random_below(24)] = static_cast<char>(random_bits());
        if (round % 16 == 15)
            key.resize(random_below(30), 'A');
        check(webstr::sec_websocket_key_valid(key) == naive_key_valid(key.data(), key.size()),
              "sec_websocket_key_valid", key.size());
    }
}

// Well-formed and not, as strings of 1-byte units.
template <class Unit>
void utf8()
{
    using Text = std::basic_string<Unit>;
    using View = std::basic_string_view<Unit>;

    for (const std::size_t length : lengths) {
        for (int round = 0; round < 20; round++) {
            const Text text = random_text<Unit>(length);
            const auto *bytes = reinterpret_cast<const char *>(text.data());
            std::vector<char> room(2 + 6 * length);
            const auto size = naive_escape_utf8(bytes, length, false, room.data());
            const Text expected(reinterpret_cast<const Unit *>(room.data()), size);
            const auto ascii_size = naive_escape_utf8(bytes, length, true, room.data());
            const std::string ascii(room.data(), ascii_size);

            check(webstr::escape_json_utf8(View(text)) == expected, "escape_json_utf8", length);
            check(webstr::escape_json_ascii_utf8(View(text)) == ascii, "escape_json_ascii_utf8", length);
            Text to = random_text<Unit>(random_below(40));
            const Text before = to;
            webstr::append_escape_json_utf8(to, text);
            check(to == before + expected, "append_escape_json_utf8", length);
            std::string ascii_to = "before";
            webstr::append_escape_json_ascii_utf8(ascii_to, View(text));
            check(ascii_to == "before" + ascii, "append_escape_json_ascii_utf8", length);

            std::size_t valid = 0, incomplete = 99, part;
            std::uint32_t code;
            bool cut_off = false;
            const auto *from = reinterpret_cast<const std::uint8_t *>(bytes);
            while ((part = naive_utf8(from + valid, length - valid, &code, &cut_off)) != 0 && !cut_off &&
                   (code != 0xfffd || (part == 3 && from[valid + 1] == 0xbf && from[valid + 2] == 0xbd)))
                valid += part;
            check(webstr::utf8_valid_up_to(View(text)) == valid, "utf8_valid_up_to", length);
            check(webstr::utf8_valid_up_to(View(text), &incomplete) == valid, "utf8_valid_up_to", length);
            check(incomplete == (cut_off ? part : 0), "utf8_valid_up_to: incomplete", length);
        }
    }
}

void mask()
{
    const char key[4] = {'\x37', '\xfa', '\x21', '\x3d'};

    check(webstr::websocket_mask("\x7f\x9f\x4d\x51\x58", key) == "Hello", "websocket_mask");
    for (const std::size_t length : lengths) {
        for (unsigned phase = 0; phase < 4; phase++) {
            const std::string payload = random_text<char>(length);
            std::string expected = payload, in_place = payload;
            for (std::size_t i = 0; i < length; i++)
                expected[i] = static_cast<char>(payload[i] ^ key[(phase + i) % 4]);
            check(webstr::websocket_mask(payload, key, phase) == expected, "websocket_mask", length);
            check(webstr::websocket_mask(in_place.data(), length, key, phase) == (phase + length) % 4,
                  "websocket_mask: phase", length);
            check(in_place == expected, "websocket_mask in place", length);
        }
    }
}

void second_file()
{
    check(escape_elsewhere("\t\x7f") == webstr::escape_json("\t\x7f") + webstr::escape_json_ascii("\t\x7f"),
          "escapes in two files");
    check(accept_elsewhere("dGhlIHNhbXBsZSBub25jZQ==") == webstr::sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="),
          "accept in two files");
}

void run_case(void (*test)())
{
    failures_in_case = 0;
    random_bits.seed(1);
    test();
    (failures_in_case ? failed : passed)++;
}

void run_all()
{
    for (auto test : {accept, key_valid, literals, second_file, mask, utf8<char>, escapes<char>, escapes<char16_t>, escapes<char32_t>,
                      self_append<char>, self_append<char16_t>, self_append<char32_t>,
                      allocations_and_failures<char>, allocations_and_failures<char16_t>,
                      allocations_and_failures<char32_t>})
        run_case(test);
#ifdef __cpp_lib_char8_t
    for (auto test : {escapes<char8_t>, utf8<char8_t>, self_append<char8_t>, allocations_and_failures<char8_t>})
        run_case(test);
#endif
}

struct Answer {
    char backend[16];
    unsigned long passed, failed, comparisons;
};

// The process of one backend; an absent one runs nothing and is named.
int run_backend(const char *wanted, char *answer)
{
    const char *backend = webstr_backend();

    passed = failed = comparisons = 0; // not the backends' before it
    if (std::strcmp(backend, wanted) == 0)
        run_all();
    std::snprintf(answer, ANSWER_SIZE, "%s %lu %lu %lu", backend, passed, failed, comparisons);
    return 0;
}

bool spawn(const char *wanted, Answer &answer)
{
    char text[ANSWER_SIZE];

    return run_in_process(wanted, wanted, text) == 0 &&
           std::sscanf(text, "%15s %lu %lu %lu", answer.backend, &answer.passed, &answer.failed,
                       &answer.comparisons) == 4;
}

}  // namespace

int main(int argc, char **argv)
{
    process_begin(argc, argv, run_backend);
    unsigned long skipped = 0;

    for (const char *backend : {"scalar", "sse2", "avx2", "avx512", "neon"}) {
        Answer answer{};
        if (!spawn(backend, answer)) {
            std::printf("FAIL backend %s: the process ended early\n", backend);
            failed++;
        } else if ((std::strcmp(answer.backend, backend) == 0) != cpu_has(backend)) {
            std::printf("FAIL WEBSTR_BACKEND=%s chose %s; this CPU %s it\n", backend, answer.backend,
                        cpu_has(backend) ? "has" : "lacks");
            failed++;
        } else if (!cpu_has(backend)) {
            std::printf("backend %s: skipped (not on this machine)\n", backend);
            skipped++;
        } else {
            std::printf("backend %s: %lu comparisons\n", backend, answer.comparisons);
            passed += answer.passed;
            failed += answer.failed;
        }
    }
    std::printf("C++ %ld\n%lu passed, %lu failed, %lu skipped\n", static_cast<long>(__cplusplus), passed, failed,
                skipped);
    return failed != 0;
}
