#pragma once

#include "http/router.h"

namespace keelrow::http {

struct CompressOptions {
  // A packet of Ethernet carries 1,460: below that nothing is won.
  size_t bytes_min = 1'400;
  // More than that is left as it is where it would hold an IO thread up (RunOn::kIo).
  size_t bytes_max_on_io = size_t{256} << 10;
  size_t bytes_max = size_t{64} << 20;
};

/// Sends text and JSON as gzip to who accepts it. It compresses on the thread that answers, which
/// is a worker for what is large. Binary tensors, pictures and event streams go out as they are.
/// Stands inside the observer, so that what is counted is what is sent.
Middleware Compress(CompressOptions options = {});

/// Whether a body of this Content-Type becomes smaller: text/*, JSON, XML, JavaScript, SVG.
bool IsCompressible(std::string_view content_type);

}  // namespace keelrow::http
