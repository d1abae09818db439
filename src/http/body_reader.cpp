#include "http/body_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::http {

BodyReader::BodyReader(Framing framing, Coding coding, InflateLimits limits)
    : framing_(framing), coding_(coding), limits_(limits) {
  if (framing == Framing::kNone && coding != Coding::kIdentity) inflater_.emplace(coding, limits);
}

Expected<BodyReader::Step> BodyReader::Take(std::string_view& input, std::string& body) {
  any_ = any_ || !input.empty();
  if (framing_ == Framing::kNone) return TakePlain(input, body);
  if (!in_message_) {
    const size_t count = std::min(input.size(), prefix_.size() - prefix_size_);
    std::copy_n(input.begin(), count, prefix_.begin() + prefix_size_);
    input.remove_prefix(count);
    prefix_size_ += count;
    if (prefix_size_ < prefix_.size()) return Step::kHungry;
    if (auto fault = BeginMessage()) return *std::move(fault);
  }
  return TakeMessage(input, body);
}

Expected<BodyReader::Step> BodyReader::TakePlain(std::string_view& input, std::string& body) {
  if (inflater_) {
    const Expected<bool> more = inflater_->Step(input, body);
    if (!more) return more.error();
    return *more ? Step::kWorking : Step::kHungry;
  }
  if (input.size() > limits_.bytes_max - std::min(body.size(), limits_.bytes_max)) {
    return Error(Code::kTooLarge,
                 fmt::format("the body is larger than {} bytes", limits_.bytes_max));
  }
  body.append(input);
  input = {};
  return Step::kHungry;
}

std::optional<Error> BodyReader::BeginMessage() {
  prefix_size_ = 0;
  const unsigned compressed = prefix_[0];
  if (compressed > 1) return Error(Code::kBadRequest, "the body is not made of gRPC's messages");
  if (compressed == 1 && coding_ == Coding::kIdentity) {
    return Error(Code::kBadRequest, "a message is compressed, but no grpc-encoding says how");
  }
  message_left_ = 0;
  for (size_t i = 1; i < prefix_.size(); ++i) message_left_ = message_left_ << 8 | prefix_[i];
  if (message_left_ > limits_.bytes_max) {
    return Error(Code::kTooLarge,
                 fmt::format("the message is larger than {} bytes", limits_.bytes_max));
  }
  if (compressed == 1) inflater_.emplace(coding_, limits_);
  in_message_ = true;
  return std::nullopt;
}

Expected<BodyReader::Step> BodyReader::TakeMessage(std::string_view& input, std::string& body) {
  std::string_view piece = input.substr(0, message_left_);
  const size_t given = piece.size();
  if (inflater_) {
    const Expected<bool> more = inflater_->Step(piece, body);
    if (!more) return more.error();
    input.remove_prefix(given - piece.size());
    message_left_ -= given - piece.size();
    if (*more) return Step::kWorking;
  } else {
    body.append(piece);
    input.remove_prefix(given);
    message_left_ -= given;
  }
  if (message_left_ > 0) return Step::kHungry;
  if (inflater_ && !inflater_->finished()) {
    return Error(Code::kBadRequest, "a compressed message is cut off");
  }
  inflater_.reset();
  in_message_ = false;
  return Step::kMessage;
}

std::optional<Error> BodyReader::FaultAtEnd() const {
  if (framing_ == Framing::kNone && inflater_ && any_ && !inflater_->finished()) {
    return Error(Code::kBadRequest, "the compressed body is cut off");
  }
  if (InMessage()) return Error(Code::kBadRequest, "the body ends inside a message");
  return std::nullopt;
}

}  // namespace keelrow::http
