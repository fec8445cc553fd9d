// SPDX-License-Identifier: MIT
// A strict reader for JSON whose structure is known beforehand (the header of a safetensors file):
// the caller says what comes next, anything else is an error. Nothing is built but what is asked
// for, so a hostile header costs no more memory than its own length.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// Reads from front to back; every function throws IoError with the position where the text is not
/// what was asked for.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// Skips white space, takes `c` if it comes next.
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(std::string("'") + c + "' expected");
  }

  /// Nothing but white space may follow.
  void expect_end() {
    if (skip(); at_ != text_.size()) fail("text after the end");
  }

  /// Calls each(key) for every member of the object that comes next; each() reads the value.
  template <class Each>
  void object(Each&& each) {
    expect('{');
    if (take('}')) return;
    do {
      auto key = string();
      expect(':');
      each(std::move(key));
    } while (take(','));
    expect('}');
  }

  /// Calls each() for every element of the array that comes next.
  template <class Each>
  void array(Each&& each) {
    expect('[');
    if (take(']')) return;
    do each();
    while (take(','));
    expect(']');
  }

  /// A string in UTF-8.
  std::string string() {
    expect('"');
    std::string out;
    for (;;) {
      const char c = next();
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) fail("control character in a string");
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
  }

  /// An integer >= 0 without sign, fraction or exponent.
  Index integer() {
    skip();
    Index value = 0;
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    if (begin == end || *begin < '0' || *begin > '9') fail("a number (>= 0) expected");
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error != std::errc{}) fail("number too large");
    if (*begin == '0' && stop != begin + 1) fail("number with a leading zero");
    at_ += static_cast<std::size_t>(stop - begin);
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E'))
      fail("a whole number expected");
    return value;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(what + " at byte " + std::to_string(at_));
  }

 private:
  void skip() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }

  /// The next character that is not white space; '\0' at the end.
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  char next() {
    if (at_ >= text_.size()) fail("the text ends inside a string");
    return text_[at_++];
  }

  std::uint32_t hex4() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next();
      value *= 16;
      if (c >= '0' && c <= '9')
        value += static_cast<std::uint32_t>(c - '0');
      else if (c >= 'a' && c <= 'f')
        value += static_cast<std::uint32_t>(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        value += static_cast<std::uint32_t>(c - 'A' + 10);
      else
        fail("bad \\u escape");
    }
    return value;
  }

  void escape(std::string& out) {
    const char c = next();
    constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    if (const auto i = names.find(c); i != std::string_view::npos) {
      out += values[i];
      return;
    }
    if (c != 'u') fail("unknown escape");
    std::uint32_t code = hex4();
    if (code >= 0xD800 && code < 0xDC00) {
      if (next() != '\\' || next() != 'u') fail("half a surrogate pair");
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      fail("half a surrogate pair");
    }
    utf8(out, code);
  }

  static void utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | code >> 6);
      byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      byte(0xE0 | code >> 12);
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// `text` between quotation marks, as JSON.
[[nodiscard]] inline std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out += "\\u00";
      out += digits[u >> 4];
      out += digits[u & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace limn::inline v0
