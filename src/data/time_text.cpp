#include "data/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

namespace keelrow::data {
namespace {

/// Takes pieces off the front of a text; after the first misfit everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  std::optional<int> Digits(size_t count) {
    int value = 0;
    if (rest_.size() < count) return std::nullopt;
    const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + count, value);
    if (failure != std::errc() || end != rest_.data() + count || value < 0) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }

  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

using Milliseconds = std::chrono::milliseconds;

std::optional<Milliseconds> ScanDate(Scanner& scan) {
  const auto year = scan.Digits(4);
  if (!year || !scan.Take("-")) return std::nullopt;
  const auto month = scan.Digits(2);
  if (!month || !scan.Take("-")) return std::nullopt;
  const auto day = scan.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch();
}

std::optional<Milliseconds> ScanHourAndMinute(Scanner& scan) {
  const auto hour = scan.Digits(2);
  if (!hour || *hour > 23 || !scan.Take(":")) return std::nullopt;
  const auto minute = scan.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::optional<Milliseconds> ScanSeconds(Scanner& scan) {
  if (!scan.Take(":")) return Milliseconds(0);
  const auto second = scan.Digits(2);
  if (!second || *second > 60) return std::nullopt;
  Milliseconds time = std::chrono::seconds(*second);
  if (!scan.Take(".")) return time;
  for (int unit = 100; scan.Peek() >= '0' && scan.Peek() <= '9'; unit /= 10) {
    time += Milliseconds(*scan.Digits(1) * unit);
  }
  return time;
}

std::optional<Milliseconds> ScanZone(Scanner& scan) {
  if (scan.done() || scan.Take("Zz")) return Milliseconds(0);
  const bool east = scan.Peek() == '+';
  if (!scan.Take("+-")) return std::nullopt;
  const auto offset = ScanHourAndMinute(scan);
  if (!offset) return std::nullopt;
  return east ? *offset : -*offset;
}

std::optional<Milliseconds> ScanMoment(std::string_view text) {
  Scanner scan(text);
  const auto date = ScanDate(scan);
  if (!date || scan.done()) return date;
  if (!scan.Take("T ")) return std::nullopt;
  const auto minutes = ScanHourAndMinute(scan);
  if (!minutes) return std::nullopt;
  const auto seconds = ScanSeconds(scan);
  if (!seconds) return std::nullopt;
  const auto zone = ScanZone(scan);
  if (!zone || !scan.done()) return std::nullopt;
  return *date + *minutes + *seconds - *zone;
}

}  // namespace

Expected<int64_t> ParseTime(std::string_view text) {
  if (const auto moment = ScanMoment(text)) return int64_t{moment->count()};
  int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr int64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  if (whole && std::abs(seconds) <= kSecondsMax) return seconds * 1000;
  return Error(Code::kBadValue, fmt::format("`{}` is not a time", text),
               {.hint = "write 2024-05-31, 2024-05-31T18:00:00Z, or seconds since 1970"});
}

}  // namespace keelrow::data
