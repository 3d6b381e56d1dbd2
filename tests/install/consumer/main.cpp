// The same as main.c through webstr.hpp.
#include <webstr.hpp>

#include <iostream>

int main()
{
    if (webstr_version() != WEBSTR_VERSION)
        return 1;
    std::cout << webstr::sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") << ' '
              << webstr::escape_json_ascii("caf\xe9\n") << '\n';
}
