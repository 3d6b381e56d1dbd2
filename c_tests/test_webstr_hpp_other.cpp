// The second file of test_webstr_hpp that includes the header: everything in it must be inline.
#include <webstr.hpp>

std::string escape_elsewhere(std::string_view text)
{
    std::string both = webstr::escape_json(text);
    webstr::append_escape_json_ascii(both, text);
    return both;
}

std::string accept_elsewhere(std::string_view key)
{
    return webstr::sec_websocket_accept(key).str();
}
