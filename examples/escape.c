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
    char *json = NULL;

    for (int i = 1; i < argc; i++) {
        size_t len = strlen(argv[i]), room = 0, size = len + 2; /* enough if nothing needs an escape */
        while (room < size) {
            room = size;
            json = realloc(json, room);
            if (json == NULL)
                return 1;
            size = escape_json_ucs1_into(argv[i], len, json, room);
        }
        printf("%.*s\n", (int)size, json);
    }
    free(json);
    return 0;
}
