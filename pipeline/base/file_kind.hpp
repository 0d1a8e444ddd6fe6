// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tacit {

/// Bytes at the beginning of a file that tell what it is.
inline constexpr std::size_t kKindBytes = 4096;

/// What a file that was not expected is, by its first bytes (at most kKindBytes) and its name, and what to do with it:
/// "is a GIF image; convert it to PNG". The one table that every command's errors speak from.
std::string kind_text(std::span<const std::uint8_t> head, std::uint64_t bytes, const std::string& name);

/// The same of the file at `path`: "is a folder", "cannot be opened: …" too. Throws nothing.
std::string kind_text(const std::string& path);

/// "24 files (a.gif, …), each of which is a GIF image; …": what is below a folder, the commonest kinds first.
std::string kinds_text(const std::string& folder);

} // namespace tacit
