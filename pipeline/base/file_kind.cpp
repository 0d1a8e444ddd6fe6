// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/file_kind.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>
#include <vector>

namespace tacit {
namespace {

using namespace std::string_view_literals;
namespace fs = std::filesystem;

/// What a file is if `bytes` stand `at` a place in it; the first entry that fits counts.
struct Kind {
    std::size_t at;
    std::string_view bytes;
    const char* what;
    const char* remedy;
};

constexpr const char* kUnpack = "unpack it";
constexpr const char* kConvert = "convert it to PNG or TIFF";
constexpr const char* kArrays = "save its images as arrays in an .npz or HDF5 file";
constexpr const char* kExport = "write its images to a folder or an HDF5 file";
constexpr const char* kImport = "give the folder that it is in to `tacit data import`";
constexpr const char* kFetch = "fetch what it stands for";
constexpr const char* kAgain = "download the file again; its address may want a login";
constexpr const char* kCifar = "of CIFAR, take the binary version; of others, save the arrays with numpy.savez";

constexpr std::array kKinds = {
    Kind{0, "version https://git-lfs.github.com/spec"sv, "a pointer of Git LFS, not the file itself",
         "fetch it: git lfs pull"},
    Kind{0, "/annex/objects/"sv, "a pointer of git-annex, not the file itself",
         "fetch it: git annex get, or datalad get"},
    Kind{0, "MATLAB 5.0"sv, "a MATLAB file of version 5",
         "save it again with -v7.3, or its arrays as .npz (scipy.io.loadmat)"},
    Kind{0, "MATLAB 7.3"sv, "a MATLAB file of version 7.3 without its HDF5 part", "it is cut off: copy it again"},
    Kind{128, "DICM"sv, "a DICOM file", kConvert},
    Kind{344, "n+1\0"sv, "a NIfTI volume", kArrays},
    Kind{344, "ni1\0"sv, "the header of a NIfTI volume", kArrays},
    Kind{4, "n+2\0"sv, "a NIfTI volume", kArrays},
    Kind{0, "SIMPLE  ="sv, "a FITS file", kArrays},
    Kind{0, "CDF\x01"sv, "a netCDF file of the classic format", "convert it to HDF5: nccopy -k nc4 IN OUT"},
    Kind{0, "CDF\x02"sv, "a netCDF file of the classic format", "convert it to HDF5: nccopy -k nc4 IN OUT"},
    Kind{0, "CDF\x05"sv, "a netCDF file of the classic format", "convert it to HDF5: nccopy -k nc4 IN OUT"},
    Kind{0, "\x0e\x03\x13\x01"sv, "an HDF4 file, which is no HDF5", "convert it with h4toh5"},
    Kind{16, "\xde\xc0\xef\xbe"sv, "an LMDB database", kExport},
    Kind{0, "\x0a\x23\xd7\xce"sv, "a RecordIO file of MXNet", kExport},
    Kind{0, "PAR1"sv, "a Parquet table", kExport},
    Kind{0, "ARROW1"sv, "an Arrow table", kExport},
    Kind{0, "FEA1"sv, "a Feather table", kExport},
    Kind{0, "SQLite format 3"sv, "an SQLite database", kExport},
    Kind{0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, "a file of torch.save", kArrays},
    Kind{0, "\x80\x02"sv, "a Python pickle", kCifar},
    Kind{0, "\x80\x03"sv, "a Python pickle", kCifar},
    Kind{0, "\x80\x04"sv, "a Python pickle", kCifar},
    Kind{0, "\x80\x05"sv, "a Python pickle", kCifar},
    Kind{0,
         "\x7f"
         "ELF"sv,
         "a program", "images are wanted here"},
    Kind{0, "GIF8"sv, "a GIF image", kConvert},
    Kind{4, "ftypavif"sv, "an AVIF image", kConvert},
    Kind{4, "ftyphei"sv, "an HEIC image", kConvert},
    Kind{4, "ftypmif1"sv, "an HEIF image", kConvert},
    Kind{4, "ftyp"sv, "a video (MP4, MOV)", "write its frames to a folder: ffmpeg -i IN frames/%06d.png"},
    Kind{0, "\x1a\x45\xdf\xa3"sv, "a video (Matroska, WebM)",
         "write its frames to a folder: ffmpeg -i IN frames/%06d.png"},
    Kind{8, "AVI "sv, "a video (AVI)", "write its frames to a folder: ffmpeg -i IN frames/%06d.png"},
    Kind{4, "jP  "sv, "a JPEG 2000 image", kConvert},
    Kind{0, "\xff\x4f\xff\x51"sv, "a JPEG 2000 image", kConvert},
    Kind{4, "JXL "sv, "a JPEG XL image", kConvert},
    Kind{0, "\xff\x0a"sv, "a JPEG XL image", kConvert},
    Kind{0, "\x76\x2f\x31\x01"sv, "an OpenEXR image", kConvert},
    Kind{0, "8BPS"sv, "a Photoshop image", kConvert},
    Kind{0, "%PDF"sv, "a PDF file", kConvert},
    Kind{0, "NRRD0"sv, "an NRRD volume", kArrays},
    Kind{208, "MAP "sv, "an MRC volume", kArrays},
    Kind{0, "\xff\xd8\xff"sv, "a JPEG image", kImport},
    Kind{0, "\x89PNG\r\n"sv, "a PNG image", kImport},
    Kind{0, "II*\0"sv, "a TIFF image", kImport},
    Kind{0, "MM\0*"sv, "a TIFF image", kImport},
    Kind{0, "II+\0"sv, "a BigTIFF image", kImport},
    Kind{8, "WEBP"sv, "a WebP image", kImport},
    Kind{0, "\x93NUMPY"sv, "a NumPy array", "`tacit data import` reads it, as a file named .npy"},
    Kind{0, "\0\0\x08\x03"sv, "an IDX file (MNIST)", kImport},
    Kind{0, "\0\0\x08\x01"sv, "the labels of an IDX file (MNIST)", kImport},
    Kind{257, "ustar"sv, "a tar archive",
         "`tacit data import` reads a WebDataset, as a file named .tar; unpack others"},
    Kind{0, "PK\x03\x04"sv, "a zip archive", kUnpack},
    Kind{0, "PK\x05\x06"sv, "an empty zip archive", kAgain},
    Kind{0, "\x1f\x8b"sv, "compressed by gzip", kUnpack},
    Kind{0, "BZh"sv, "compressed by bzip2", kUnpack},
    Kind{0, "\xfd\x37zXZ\0"sv, "compressed by xz", kUnpack},
    Kind{0, "\x28\xb5\x2f\xfd"sv, "compressed by Zstandard", kUnpack},
    Kind{0, "\x04\x22\x4d\x18"sv, "compressed by LZ4", kUnpack},
    Kind{0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", kUnpack},
    Kind{0, "Rar!"sv, "a RAR archive", kUnpack},
};

/// Kinds that only a name tells.
constexpr std::array<std::pair<const char*, const char*>, 5> kNamed = {{{".beton", "an FFCV file"},
                                                                        {".tfrecord", "a TFRecord file"},
                                                                        {".tfrecords", "a TFRecord file"},
                                                                        {".rec", "a RecordIO file of MXNet"},
                                                                        {".pt", "a file of torch.save"}}};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// A length, its masked CRC-32C, and what it counts.
bool is_tfrecord(std::string_view head) {
    constexpr std::uint32_t kMask = 0xa282ead8;
    if (head.size() < 12) {
        return false;
    }
    std::uint32_t told = 0;
    std::memcpy(&told, head.data() + 8, sizeof(told));
    const std::uint32_t crc = crc32c(reinterpret_cast<const std::uint8_t*>(head.data()), 8);
    return told == ((crc >> 15) | (crc << 17)) + kMask;
}

/// Without control characters, and in UTF-8 up to a character that the end may cut.
bool is_text(std::string_view head) {
    constexpr std::size_t kMostCut = 3;
    const bool plain =
        std::all_of(head.begin(), head.end(), [](unsigned char c) { return c >= 0x20 || (c >= '\t' && c <= '\r'); });
    const std::size_t bad = first_not_utf8(head);
    return plain && (bad == std::string_view::npos || (head.size() > kMostCut && bad + kMostCut >= head.size()));
}

/// Of text: a page, or its first words.
std::string text_kind(std::string_view head) {
    const std::string low = lower(std::string(head.substr(0, 512)));
    for (const char* mark : {"<!doctype html", "<html", "<head", "<body"}) {
        if (low.find(mark) != std::string::npos) {
            return std::string("is a web page, not data; ") + kAgain;
        }
    }
    if (low.find("<?xml") != std::string::npos || low.find("<error>") != std::string::npos) {
        return std::string("is XML text, perhaps the answer of a server; ") + kAgain;
    }
    if (head.find("annex/objects/") != std::string_view::npos) {
        return std::string("is a pointer of git-annex, not the file itself; ") + kFetch;
    }
    const std::size_t begin = std::min(head.find_first_not_of(" \t\r\n"), head.size());
    const std::string line(head.substr(begin, std::min<std::size_t>(head.find_first_of("\r\n", begin) - begin, 40)));
    return "is text that begins with \"" + line + "\"; images are wanted here";
}

/// What is in a zip archive, by the name of its first member.
std::string zip_kind(std::string_view head) {
    const std::string_view names = head.substr(std::min<std::size_t>(30, head.size()), 256);
    if (names.find("data.pkl") != std::string_view::npos) {
        return std::string("is a file of torch.save; ") + kArrays;
    }
    return names.find(".npy") != std::string_view::npos
               ? "is a NumPy archive; `tacit data import` reads it, as a file named .npz"
               : "";
}

} // namespace

std::string kind_text(std::span<const std::uint8_t> bytes, std::uint64_t size, const std::string& name) {
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kKindBytes));
    if (size == 0) {
        return "is empty; copy or download it again";
    }
    if (head.starts_with("PK\x03\x04")) {
        if (std::string found = zip_kind(head); !found.empty()) {
            return found;
        }
    }
    if (lower(name).ends_with(".nii.gz")) {
        return std::string("is a NIfTI volume; ") + kArrays;
    }
    for (const Kind& kind : kKinds) {
        if (head.size() >= kind.at + kind.bytes.size() && head.substr(kind.at).starts_with(kind.bytes)) {
            return std::string("is ") + kind.what + "; " + kind.remedy;
        }
    }
    if (is_tfrecord(head)) {
        return std::string("is a TFRecord file; ") + kExport;
    }
    for (const auto& [ending, what] : kNamed) {
        if (lower(name).ends_with(ending)) {
            return std::string("is ") + what + "; " + kExport;
        }
    }
    if (std::all_of(head.begin(), head.end(), [](char c) { return c == 0; })) {
        return "begins with zeros alone, as a download does that was cut off; copy or download it again";
    }
    return is_text(head) ? text_kind(head)
                         : "is of a kind that Tacit does not know; docs/data.md lists those that it reads";
}

std::string kind_text(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) {
        return "is a folder";
    }
    if (fs::is_other(status)) {
        return std::string(fs::is_fifo(status)     ? "is a named pipe"
                           : fs::is_socket(status) ? "is a socket"
                                                   : "is a device") +
               ", which cannot be read in any order; write what it gives to a file";
    }
    const auto size = fs::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> head(error ? 0 : static_cast<std::size_t>(std::min<std::uintmax_t>(size, kKindBytes)));
    if (error || !file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()))) {
        return "cannot be looked at; is the path right, and may it be read?";
    }
    return kind_text(head, size, path);
}

std::string kinds_text(const std::string& folder) {
    constexpr std::size_t kMostFiles = 1000;
    constexpr std::size_t kMostKinds = 3;
    struct Found {
        std::string kind;
        std::string first;
        std::size_t files = 0;
    };
    std::map<std::string, Found> kinds;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    for (std::size_t files = 0; !error && entry != fs::end(entry) && files < kMostFiles; entry.increment(error)) {
        if (entry->is_regular_file(error)) {
            const std::string kind = kind_text(entry->path().string());
            Found& found =
                kinds.try_emplace(kind, Found{kind, entry->path().lexically_relative(folder).string()}).first->second;
            ++found.files;
            ++files;
        }
    }
    std::vector<Found> order;
    order.reserve(kinds.size());
    for (const auto& [kind, found] : kinds) {
        order.push_back(found);
    }
    std::stable_sort(order.begin(), order.end(), [](const Found& a, const Found& b) { return a.files > b.files; });
    std::string text = order.empty() ? "there are no files in it" : "";
    for (std::size_t i = 0; i < std::min(order.size(), kMostKinds); ++i) {
        const Found& found = order[i];
        text += text.empty() ? "" : "; ";
        text += found.files == 1
                    ? found.first + " " + found.kind
                    : std::to_string(found.files) + " files (" + found.first + ", …), each of which " + found.kind;
    }
    return text;
}

} // namespace tacit
