// The arguments as a JSON array, and U+4E2D as ASCII.
//
//     c++ -std=c++17 -o escape_cpp escape.cpp $(pkg-config --cflags --libs webstr)
//     ./escape_cpp 'He said "hi"' 'C:\tmp'
//     ["He said \"hi\"","C:\\tmp","\u4e2d"]
#include <iostream>
#include <string>
#include <webstr.hpp>

int main(int argc, char **argv)
{
    std::string line = "[";
    for (int i = 1; i < argc; i++) {
        webstr::append_escape_json(line, argv[i]);
        line += ',';
    }
    line += webstr::escape_json_ascii(u"\u4e2d") + ']';
    std::cout << line << '\n';
}
