// html_viewer.h: the page of reports/viewer/, in two halves; the data go in between.
//
// scripts/embed_viewer.cmake makes them when the program is built.

#ifndef CP_REPORTS_HTML_VIEWER_H
#define CP_REPORTS_HTML_VIEWER_H

#include <stddef.h>

extern const unsigned char cp_viewer_before[], cp_viewer_after[];
extern const size_t cp_viewer_before_size, cp_viewer_after_size;

#endif
