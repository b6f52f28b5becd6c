/* Parts of a stream's run. Private to lab/links/. */
#ifndef AMS_LAB_LINKS_STREAM_H
#define AMS_LAB_LINKS_STREAM_H

#include "ams/link_stream.h"

/* Puts items in order into stream->item. @return AMS_USAGE for groups that are not there. */
ams_status ams_link_put_in_order(ams_link_stream *stream, ams_error *err);
/* Fills stream->reuse, over the items after the warm-up. */
void ams_link_measure_reuse(ams_link_stream *stream);

#endif
