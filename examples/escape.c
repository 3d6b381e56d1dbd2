/* Each argument as a JSON string.
 *
 *     cc -o escape escape.c $(pkg-config --cflags --libs webstr)
 *     ./escape 'He said "hi"' 'C:\tmp'
 *     "He said \"hi\""
 *     "C:\\tmp"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webstr.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t len = strlen(argv[i]);
        size_t size = escape_json_ucs1_size(argv[i], len);
        char *json = malloc(size);
        if (json == NULL)
            return 1;
        escape_json_ucs1(argv[i], len, json);
        printf("%.*s\n", (int)size, json);
        free(json);
    }
    return 0;
}
