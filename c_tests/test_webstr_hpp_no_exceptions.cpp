// webstr.hpp without exceptions (-fno-exceptions): it works, and misuse ends the program by std::abort.
#include <webstr.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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

// The call's process of its own must end by SIGABRT.
template <class Call>
void check_aborts(Call &&call, const char *what)
{
    int status = 0;
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        call();
        _exit(0);
    }
    const bool ended = pid > 0 && waitpid(pid, &status, 0) == pid;
    check(ended && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, what);
}

// Says that a string can hold a hundred characters, of which libstdc++ believes half.
struct Small : std::allocator<char> {
    template <class>
    struct rebind {
        using other = Small;
    };
    std::size_t max_size() const noexcept { return 100; }
};

}  // namespace

int main()
{
    check(webstr::sec_websocket_key_valid("dGhlIHNhbXBsZSBub25jZQ=="), "sec_websocket_key_valid");
    check(webstr::sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
          "sec_websocket_accept");
    check(webstr::escape_json("a\n\"") == R"("a\n\"")", "escape_json");
    std::string line = "{";
    webstr::append_escape_json_ascii(line, u"\u4e2d");
    check(line == R"({"\u4e2d")", "append_escape_json_ascii");

    check_aborts([] { static_cast<void>(webstr::sec_websocket_accept("AAAA")); }, "a key of four characters aborts");
    check_aborts(
        [] {
            std::basic_string<char, std::char_traits<char>, Small> small;
            webstr::append_escape_json(small, std::string(200, 'x'));
        },
        "a result that is too large aborts");
    std::printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
