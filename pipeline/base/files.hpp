// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tacit {

/// Writes `content` so that `path` always holds the old or the whole new content: temporary name in the
/// same folder, write, fsync, rename, fsync of the folder. Throws IoError with the path and the reason.
void write_file_atomically(const std::string& path, std::string_view content);
/// A name beside `path` that no other thread, process or host uses, to write to before a rename.
std::string temporary_path(const std::string& path);
/// Whole content. Throws IoError; DataError if larger than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit = std::size_t{1} << 30);
void fsync_path(const std::string& path);
/// rename(2) and fsync of the parent folder.
void rename_durably(const std::string& from, const std::string& to);
/// "No space left on device (ENOSPC)" and the like for the current errno.
std::string errno_text();

} // namespace tacit
