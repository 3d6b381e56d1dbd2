/* webstr for C++17 and later: the functions of webstr.h for standard strings; webstr.h remains the
 * contract. Header-only; link the library as for C. If exceptions are disabled (-fno-exceptions),
 * std::abort is called instead of each throw in this header. */

#ifndef WEBSTR_HPP
#define WEBSTR_HPP

#if __cplusplus < 201703L && (!defined _MSVC_LANG || _MSVC_LANG < 201703L)
#error "webstr.hpp needs C++17 or later; webstr.h is for any C++"
#else

#include "webstr.h"

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace webstr {

namespace detail {

template <class Exception>
[[noreturn]] void fail([[maybe_unused]] const char *message)
{
#ifdef __cpp_exceptions
    throw Exception(message);
#else
    std::abort();
#endif
}

}  // namespace detail

class accept_value;

/**
 * The server's answer to a WebSocket opening handshake, RFC 6455, section 4.2.2, from the value of
 * `Sec-WebSocket-Key`. Any 24 characters are accepted: `sec_websocket_key_valid` checks them.
 * Allocates nothing.
 *
 * Throws `std::invalid_argument` if `key` does not have 24 characters.
 */
[[nodiscard]] inline accept_value sec_websocket_accept(std::string_view key);

/**
 * Whether `key` has the form of a `Sec-WebSocket-Key`: 22 base64 characters and "==".
 */
[[nodiscard]] inline bool sec_websocket_key_valid(std::string_view key) noexcept
{
    return ::sec_websocket_key_valid(key.data(), key.size());
}

/**
 * A `Sec-WebSocket-Accept`: 28 characters, held inline, without a NUL. Converts implicitly to
 * `std::string_view`; the view is valid as long as the value exists.
 */
class accept_value {
public:
    using value_type = char;
    using const_iterator = const char *;

    [[nodiscard]] const char *data() const noexcept { return text_; }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return SEC_WEBSOCKET_ACCEPT_LEN; }
    [[nodiscard]] const_iterator begin() const noexcept { return text_; }
    [[nodiscard]] const_iterator end() const noexcept { return text_ + size(); }
    [[nodiscard]] std::string_view view() const noexcept { return {text_, size()}; }
    [[nodiscard]] std::string str() const { return {text_, size()}; }
    operator std::string_view() const noexcept { return view(); }

    friend bool operator==(const accept_value &left, const accept_value &right) noexcept
    {
        return left.view() == right.view();
    }
    friend bool operator==(const accept_value &left, std::string_view right) noexcept
    {
        return left.view() == right;
    }
    friend bool operator==(std::string_view left, const accept_value &right) noexcept
    {
        return left == right.view();
    }
    friend bool operator!=(const accept_value &left, const accept_value &right) noexcept
    {
        return !(left == right);
    }
    friend bool operator!=(const accept_value &left, std::string_view right) noexcept
    {
        return !(left == right);
    }
    friend bool operator!=(std::string_view left, const accept_value &right) noexcept
    {
        return !(left == right);
    }

    template <class Traits>
    friend std::basic_ostream<char, Traits> &operator<<(std::basic_ostream<char, Traits> &stream,
                                                        const accept_value &value)
    {
        return stream << std::basic_string_view<char, Traits>(value.data(), value.size());
    }

private:
    friend accept_value sec_websocket_accept(std::string_view key);

    explicit accept_value(const char *key) noexcept { ::sec_websocket_accept(key, text_); }

    char text_[SEC_WEBSOCKET_ACCEPT_LEN];
};

inline accept_value sec_websocket_accept(std::string_view key)
{
    if (key.size() != SEC_WEBSOCKET_KEY_LEN)
        detail::fail<std::invalid_argument>("webstr: a Sec-WebSocket-Key has 24 characters");
    return accept_value(key.data());
}

namespace detail {

// The C function for one form: (source, its length, destination, its capacity) to the length of the result.
using form = std::size_t (*)(const void *, std::size_t, void *, std::size_t);

template <class Unit>
constexpr form unicode_form() noexcept
{
    static_assert(sizeof(Unit) == 1 || sizeof(Unit) == 2 || sizeof(Unit) == 4,
                  "webstr: units are 1, 2 or 4 bytes");
    if constexpr (sizeof(Unit) == 1)
        return escape_json_ucs1_into;
    else if constexpr (sizeof(Unit) == 2)
        return escape_json_ucs2_into;
    else
        return escape_json_ucs4_into;
}

template <class Unit>
constexpr form ascii_form() noexcept
{
    static_assert(sizeof(Unit) == 1 || sizeof(Unit) == 2 || sizeof(Unit) == 4,
                  "webstr: units are 1, 2 or 4 bytes");
    if constexpr (sizeof(Unit) == 1)
        return escape_json_ascii_ucs1_into;
    else if constexpr (sizeof(Unit) == 2)
        return escape_json_ascii_ucs2_into;
    else
        return escape_json_ascii_ucs4_into;
}

template <class Text>
using view_of = std::basic_string_view<typename Text::value_type>;

// libc++ can lengthen a string without filling it in every standard.
template <class Text, class = void>
constexpr bool has_resize_default_init = false;
template <class Text>
constexpr bool has_resize_default_init<
    Text, std::void_t<decltype(std::declval<Text &>().__resize_default_init(std::size_t()))>> = true;

#ifdef __cpp_lib_string_resize_and_overwrite
template <class Text>
constexpr bool fills_new_units = false;
#else
template <class Text>
constexpr bool fills_new_units = !has_resize_default_init<Text>;
#endif

// Resizes `to` to `size` units, calls `write` with them, and truncates `to` to the length that `write` returns.
template <class Text, class Write>
void overwrite(Text &to, std::size_t size, const Write &write)
{
#ifdef __cpp_lib_string_resize_and_overwrite
    // In libstdc++ 12 the size passed to the callback exceeds the requested one.
    to.resize_and_overwrite(size, [&](auto *units, std::size_t) noexcept { return write(units); });
#else
    if constexpr (has_resize_default_init<Text>)
        to.__resize_default_init(size);
    else
        to.resize(size);
    to.resize(write(to.data()));
#endif
}

template <class In, class Text>
void append(form escape, Text &to, std::basic_string_view<In> text)
{
    using Out = typename Text::value_type;
    const std::size_t before = to.size();
    const std::size_t least = text.size() + 2;
    std::size_t room = to.capacity() - before;
    std::size_t size = 0;

    // One pass into the spare capacity if the result may fit. If the string fills new units first, use no more of
    // them than a string with a few escapes needs.
    if (room < least) {
        size = escape(text.data(), text.size(), nullptr, 0);
    } else {
        if (fills_new_units<Text> && room - least > 32)
            room = least + 32;
        overwrite(to, before + room, [&](Out *units) noexcept {
            size = escape(text.data(), text.size(), units + before, room);
            return size <= room ? before + size : before;
        });
        if (size != 0 && size <= room)
            return;
    }
    if (size == 0 || size > to.max_size() - before)
        fail<std::length_error>("webstr: the JSON string is too large");

    // A text inside `to` moves when `to` grows: remember its offset.
    constexpr std::size_t elsewhere = static_cast<std::size_t>(-1);
    std::size_t offset = elsewhere;
    if constexpr (std::is_same_v<In, Out>) {
        const std::less<const In *> less{};
        if (!less(text.data(), to.data()) && less(text.data(), to.data() + before))
            offset = static_cast<std::size_t>(text.data() - to.data());
    }
    overwrite(to, before + size, [&](Out *units) noexcept {
        const void *from = text.data();
        if (offset != elsewhere)
            from = units + offset;
        escape(from, text.size(), units + before, size);
        return before + size;
    });
}

template <class Text>
Text escaped(form escape, view_of<Text> text)
{
    Text json;
    append(escape, json, text);
    return json;
}

template <class In>
std::string escaped_ascii(std::basic_string_view<In> text)
{
    std::string json;
    append(ascii_form<In>(), json, text);
    return json;
}

}  // namespace detail

/**
 * The JSON string of `text`, with its quotes, as CPython's `json.dumps(s, ensure_ascii=False)` makes
 * it: `"`, `\` and U+0000..U+001F escaped, the rest unchanged. The encoding is preserved: UTF-8,
 * UTF-16, UTF-32 or Latin-1.
 *
 * Throws `std::length_error` if the result is too large for a string, `std::bad_alloc`.
 */
[[nodiscard]] inline std::string escape_json(std::string_view text)
{
    return detail::escaped<std::string>(detail::unicode_form<char>(), text);
}
[[nodiscard]] inline std::u16string escape_json(std::u16string_view text)
{
    return detail::escaped<std::u16string>(detail::unicode_form<char16_t>(), text);
}
[[nodiscard]] inline std::u32string escape_json(std::u32string_view text)
{
    return detail::escaped<std::u32string>(detail::unicode_form<char32_t>(), text);
}
#ifdef __cpp_lib_char8_t
[[nodiscard]] inline std::u8string escape_json(std::u8string_view text)
{
    return detail::escaped<std::u8string>(detail::unicode_form<char8_t>(), text);
}
#endif

/**
 * The JSON string of `text`, with its quotes, in ASCII, as CPython's `json.dumps(s)` makes it: U+007F
 * and above also become `\uxxxx`. `char` is read as ASCII or Latin-1: UTF-8 is not decoded, so there
 * is no overload for `char8_t`.
 *
 * Throws `std::length_error` if the result is too large for a string, `std::bad_alloc`.
 */
[[nodiscard]] inline std::string escape_json_ascii(std::string_view text)
{
    return detail::escaped_ascii(text);
}
[[nodiscard]] inline std::string escape_json_ascii(std::u16string_view text)
{
    return detail::escaped_ascii(text);
}
[[nodiscard]] inline std::string escape_json_ascii(std::u32string_view text)
{
    return detail::escaped_ascii(text);
}

/**
 * The JSON string, with its quotes, of unchecked UTF-8 `text`, in UTF-8. Each maximal subpart of an
 * ill-formed sequence becomes one U+FFFD. Otherwise as `escape_json`.
 *
 * Throws `std::length_error` if the result is too large for a string, `std::bad_alloc`.
 */
[[nodiscard]] inline std::string escape_json_utf8(std::string_view text)
{
    return detail::escaped<std::string>(escape_json_utf8_into, text);
}

/**
 * The same in ASCII: U+007F and above as `\uxxxx`, a surrogate pair above U+FFFF.
 */
[[nodiscard]] inline std::string escape_json_ascii_utf8(std::string_view text)
{
    return detail::escaped<std::string>(escape_json_ascii_utf8_into, text);
}
#ifdef __cpp_lib_char8_t
[[nodiscard]] inline std::u8string escape_json_utf8(std::u8string_view text)
{
    return detail::escaped<std::u8string>(escape_json_utf8_into, text);
}
[[nodiscard]] inline std::string escape_json_ascii_utf8(std::u8string_view text)
{
    std::string json;
    detail::append(escape_json_ascii_utf8_into, json, text);
    return json;
}
#endif

/**
 * Appends the result of `escape_json(text)` to `to`, with no allocation if the spare capacity suffices
 * and one allocation otherwise. In C++23 and libc++, new units are not filled first. `to` may be any
 * `std::basic_string` of `text`'s character type, with any allocator. `text` may be a part of `to`. If
 * the function throws, `to` is unchanged.
 *
 * Throws `std::length_error` if the result is too large for a string, and the allocator's exceptions.
 */
template <class Unit, class Traits, class Allocator>
void append_escape_json(std::basic_string<Unit, Traits, Allocator> &to,
                        detail::view_of<std::basic_string<Unit, Traits, Allocator>> text)
{
    detail::append(detail::unicode_form<Unit>(), to, text);
}

/**
 * Appends the result of `escape_json_ascii(text)` to `to`; otherwise as `append_escape_json`.
 */
template <class Traits, class Allocator>
void append_escape_json_ascii(std::basic_string<char, Traits, Allocator> &to, std::string_view text)
{
    detail::append(detail::ascii_form<char>(), to, text);
}
template <class Traits, class Allocator>
void append_escape_json_ascii(std::basic_string<char, Traits, Allocator> &to,
                              std::u16string_view text)
{
    detail::append(detail::ascii_form<char16_t>(), to, text);
}
template <class Traits, class Allocator>
void append_escape_json_ascii(std::basic_string<char, Traits, Allocator> &to,
                              std::u32string_view text)
{
    detail::append(detail::ascii_form<char32_t>(), to, text);
}

/**
 * Appends the result of `escape_json_utf8(text)` to `to`; otherwise as `append_escape_json`.
 */
template <class Unit, class Traits, class Allocator>
void append_escape_json_utf8(std::basic_string<Unit, Traits, Allocator> &to,
                             detail::view_of<std::basic_string<Unit, Traits, Allocator>> text)
{
    static_assert(sizeof(Unit) == 1, "webstr: UTF-8 consists of bytes");
    detail::append(escape_json_utf8_into, to, text);
}

/**
 * Appends the result of `escape_json_ascii_utf8(text)` to `to`; otherwise as `append_escape_json`.
 */
template <class Traits, class Allocator>
void append_escape_json_ascii_utf8(std::basic_string<char, Traits, Allocator> &to, std::string_view text)
{
    detail::append(escape_json_ascii_utf8_into, to, text);
}
#ifdef __cpp_lib_char8_t
template <class Traits, class Allocator>
void append_escape_json_ascii_utf8(std::basic_string<char, Traits, Allocator> &to, std::u8string_view text)
{
    detail::append(escape_json_ascii_utf8_into, to, text);
}
#endif

/**
 * The number of leading bytes of `text` that are well-formed UTF-8; `text.size()` if all are. Unless
 * `incomplete` is null, sets `*incomplete` to the number of remaining bytes, 1 to 3, if they are the
 * beginning of a character that more bytes may complete; otherwise to 0.
 */
[[nodiscard]] inline std::size_t utf8_valid_up_to(std::string_view text,
                                                  std::size_t *incomplete = nullptr) noexcept
{
    return ::webstr_utf8_valid_up_to(text.data(), text.size(), incomplete);
}
#ifdef __cpp_lib_char8_t
[[nodiscard]] inline std::size_t utf8_valid_up_to(std::u8string_view text,
                                                  std::size_t *incomplete = nullptr) noexcept
{
    return ::webstr_utf8_valid_up_to(text.data(), text.size(), incomplete);
}
#endif

/**
 * Masks or unmasks the `size` bytes at `payload` in place (RFC 6455, section 5.3). `key` is the four bytes of
 * the masking key; `phase` is 0 at the beginning of a payload. Returns the phase of the next byte.
 */
inline unsigned websocket_mask(void *payload, std::size_t size, const char (&key)[4],
                               unsigned phase = 0) noexcept
{
    return ::webstr_websocket_mask(payload, size, key, phase, payload);
}

/**
 * The masked or unmasked `payload`.
 *
 * Throws `std::bad_alloc`.
 */
[[nodiscard]] inline std::string websocket_mask(std::string_view payload, const char (&key)[4],
                                                unsigned phase = 0)
{
    std::string masked;
    detail::overwrite(masked, payload.size(), [&](char *bytes) noexcept {
        ::webstr_websocket_mask(payload.data(), payload.size(), key, phase, bytes);
        return payload.size();
    });
    return masked;
}

}  // namespace webstr

#endif /* C++17 */

#endif /* WEBSTR_HPP */
