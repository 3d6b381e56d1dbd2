// webstr.hpp without exceptions (-fno-exceptions): it works, and misuse ends the program by std::abort.
#include <webstr.hpp>

#include "platform.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#ifdef __cpp_exceptions
#error "build this file with -fno-exceptions"
#endif

namespace {

unsigned passed, failed;

void check(bool holds, const char *what)
{
    (holds ? passed : failed)++;
    if (!holds)
        std::printf("FAIL %s\n", what);
}

// Says that a string can hold a hundred characters, of which libstdc++ believes half.
struct Small : std::allocator<char> {
    template <class>
    struct rebind {
        using other = Small;
    };
    std::size_t max_size() const noexcept { return 100; }
};

// The task of a process.
int misuse(const char *which, char *)
{
    const std::string_view name(which);

    if (name == "short key") {
        static_cast<void>(webstr::sec_websocket_accept("AAAA"));
    } else if (name == "large result") {
        std::basic_string<char, std::char_traits<char>, Small> small;
        webstr::append_escape_json(small, std::string(200, 'x'));
    }
    return 0;
}

// It must end by std::abort.
void check_aborts(const char *which)
{
    char answer[ANSWER_SIZE];

    check(run_in_process(which, nullptr, answer) == status_of_abort, which);
}

}  // namespace

int main(int argc, char **argv)
{
    process_begin(argc, argv, misuse);
    check(webstr::sec_websocket_key_valid("dGhlIHNhbXBsZSBub25jZQ=="), "sec_websocket_key_valid");
    check(webstr::sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
          "sec_websocket_accept");
    check(webstr::escape_json("a\n\"") == R"("a\n\"")", "escape_json");
    std::string line = "{";
    webstr::append_escape_json_ascii(line, u"\u4e2d");
    check(line == R"({"\u4e2d")", "append_escape_json_ascii");

    check_aborts("short key");
    check_aborts("large result");
    char answer[ANSWER_SIZE];
    check(run_in_process("no misuse", nullptr, answer) == 0, "control: a process without misuse ends well");
    std::printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
