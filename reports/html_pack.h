// html_pack.h: JSON in the form in which it can stand in a page.

#ifndef CP_REPORTS_HTML_PACK_H
#define CP_REPORTS_HTML_PACK_H

#include <jansson.h>

// Deflated, with zlib's header, in base64: nothing in it can end a script element. The caller
// frees *packed. Negative with a message in error[CP_MESSAGE_MAX] without memory.
int cp_html_pack(const json_t *value, char **packed, char *error);

// As it is, in ASCII and without any '<': it too can stand in a script element. The caller
// frees it. NULL without memory.
char *cp_html_script_text(const json_t *value);

#endif
