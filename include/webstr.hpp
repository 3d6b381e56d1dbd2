/* webstr for C++17 and later: standard strings over the functions of webstr.h, which stays the
 * contract. Header-only; link the library as for C. Where exceptions are switched off
 * (-fno-exceptions), std::abort is called in the place of each that this header would throw. */

#ifndef WEBSTR_HPP
#define WEBSTR_HPP

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
 * The server's answer to a WebSocket opening handshake, RFC 6455 §4.2.2, from the value of
 * `Sec-WebSocket-Key`. Any 24 characters are taken as they are: `sec_websocket_key_valid` checks
 * them. Allocates nothing.
 *
 * Throws `std::invalid_argument` if `key` has not 24 characters.
 */
[[nodiscard]] inline accept_value sec_websocket_accept(std::string_view key);

/**
 * Whether `key` is a `Sec-WebSocket-Key` in form: 22 characters of the base64 alphabet and "==".
 */
[[nodiscard]] inline bool sec_websocket_key_valid(std::string_view key) noexcept
{
    return ::sec_websocket_key_valid(key.data(), key.size());
}

/**
 * A `Sec-WebSocket-Accept`: 28 characters, held inline, without a NUL. Is a `std::string_view`
 * wherever one is wanted; the view lives as long as the value.
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

// The C function of one form of escape: source, its length, room, its length; the length of the result.
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

// Makes `to` `size` units long and cuts it to the length that `write`, called with its units, returns.
template <class Text, class Write>
void overwrite(Text &to, std::size_t size, const Write &write)
{
#ifdef __cpp_lib_string_resize_and_overwrite
    // The size that comes back in is more than the one asked for in libstdc++ 12.
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

    // One pass into the spare capacity if the result may fit. Where new units are filled first, no more of them are
    // taken than a string with a few escapes needs.
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

    // A text within `to` moves with it when it grows: remember where it stands there.
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
 * JSON string of `text`, with its quotes, as CPython's `json.dumps(s, ensure_ascii=False)` makes
 * it: `"`, `\` and U+0000..U+001F escaped, all else unchanged. UTF-8, UTF-16 and UTF-32 stay what
 * they are; so does Latin-1.
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
 * JSON string of `text`, with its quotes, in ASCII, as CPython's `json.dumps(s)` makes it: U+007F
 * and above as `\uxxxx` too. `char` is read as ASCII or Latin-1: UTF-8 is not decoded, which is why
 * there is no form for `char8_t`.
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
 * JSON string of `text`, with its quotes: UTF-8 that nobody has checked, in UTF-8. Each ill-formed
 * part becomes U+FFFD, one for each maximal subpart; in all else as `escape_json`.
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
 * Appends to `to` what `escape_json(text)` returns, with no allocation if its spare capacity suffices
 * and one if not; without filling new room first in C++23 and in libc++. `to` may be any `std::basic_string` of `text`'s characters,
 * with any allocator. `text` may be a part of `to` itself. If it throws, `to` is as it was.
 *
 * Throws `std::length_error` if the result is too large for a string, and the exceptions of the allocator.
 */
template <class Unit, class Traits, class Allocator>
void append_escape_json(std::basic_string<Unit, Traits, Allocator> &to,
                        detail::view_of<std::basic_string<Unit, Traits, Allocator>> text)
{
    detail::append(detail::unicode_form<Unit>(), to, text);
}

/**
 * Appends to `to` what `escape_json_ascii(text)` returns; in all else as `append_escape_json`.
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
 * Appends to `to` what `escape_json_utf8(text)` returns; in all else as `append_escape_json`.
 */
template <class Unit, class Traits, class Allocator>
void append_escape_json_utf8(std::basic_string<Unit, Traits, Allocator> &to,
                             detail::view_of<std::basic_string<Unit, Traits, Allocator>> text)
{
    static_assert(sizeof(Unit) == 1, "webstr: UTF-8 is of bytes");
    detail::append(escape_json_utf8_into, to, text);
}

/**
 * Appends to `to` what `escape_json_ascii_utf8(text)` returns; in all else as `append_escape_json`.
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
 * How many characters of `text`, from the first on, are well-formed UTF-8; all if `text` is. Then
 * `*incomplete`, unless it is null, becomes 1 to 3 if all that follows is the beginning of a character
 * which more bytes may complete, else 0.
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
 * Masks, or unmasks, the `size` bytes at `payload` in place (RFC 6455 §5.3). `key` has the four bytes
 * of the masking key, `phase` is 0 for the beginning of a payload; returns the phase of what follows.
 */
inline unsigned websocket_mask(void *payload, std::size_t size, const char (&key)[4],
                               unsigned phase = 0) noexcept
{
    return ::webstr_websocket_mask(payload, size, key, phase, payload);
}

/**
 * The masked, or unmasked, `payload`.
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

#endif  /* WEBSTR_HPP */
