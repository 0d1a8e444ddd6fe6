// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/image_fixtures.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/shards/format/shard_writer.hpp"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tacit::testing {

namespace fs = std::filesystem;

std::vector<std::uint8_t> make_pixels(augment::ImageShape shape, int seed) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
            for (int c = 0; c < shape.channels; ++c) {
                pixels.push_back(static_cast<std::uint8_t>((seed * 37 + y * 5 + x * 3 + c * 50) % 256));
            }
        }
    }
    return pixels;
}

std::vector<std::uint8_t> make_jpeg(augment::ImageShape shape, int seed) {
    const std::vector<std::uint8_t> pixels = make_pixels(shape, seed);
    const tjhandle handle = tjInitCompress();
    unsigned char* out = nullptr;
    unsigned long bytes = 0;
    const bool gray = shape.channels == 1;
    const int status = tjCompress2(handle, pixels.data(), shape.width, 0, shape.height, gray ? TJPF_GRAY : TJPF_RGB,
                                   &out, &bytes, gray ? TJSAMP_GRAY : TJSAMP_444, 95, 0);
    std::vector<std::uint8_t> jpeg(out, out + bytes);
    tjFree(out);
    tjDestroy(handle);
    if (status != 0) {
        throw std::runtime_error("cannot compress a JPEG");
    }
    return jpeg;
}

std::vector<std::uint8_t> make_png(augment::ImageShape shape, int seed) {
    const std::vector<std::uint8_t> pixels = make_pixels(shape, seed);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(shape.width);
    image.height = static_cast<png_uint_32>(shape.height);
    image.format = shape.channels == 1 ? PNG_FORMAT_GRAY : shape.channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::vector<std::uint8_t> png(bytes);
    if (png_image_write_to_memory(&image, png.data(), &bytes, 0, pixels.data(), 0, nullptr) == 0) {
        throw std::runtime_error("cannot compress a PNG");
    }
    png.resize(bytes);
    return png;
}

void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream file(path, std::ios::binary);
    std::copy(bytes.begin(), bytes.end(), std::ostreambuf_iterator<char>(file));
}

std::vector<std::uint8_t> read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string folder_content(const std::string& folder) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            paths.push_back(entry.path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::string content;
    for (const std::string& path : paths) {
        const std::vector<std::uint8_t> bytes = read_bytes(path);
        content += fs::path(path).lexically_relative(folder).string();
        content.append(bytes.begin(), bytes.end());
    }
    return content;
}

void write_raw_split(const std::string& folder, const std::string& split, augment::ImageShape shape, int count,
                     int classes, std::int64_t shard_bytes) {
    fs::create_directories(folder);
    std::vector<std::string> names;
    for (int i = 0; i < classes; ++i) {
        names.push_back("class" + std::to_string(i));
    }
    shards::ShardWriter writer(folder, {split, shards::Layout::raw, shape, names, "a test"}, shard_bytes);
    for (int i = 0; i < count; ++i) {
        const std::vector<std::uint8_t> pixels = make_pixels(shape, i);
        writer.add(pixels, crc32c(pixels.data(), pixels.size()), classes == 0 ? -1 : i % classes,
                   static_cast<std::uint64_t>(i));
    }
    const std::vector<double> half(static_cast<std::size_t>(shape.channels), 0.5);
    writer.seal(half, half);
}

} // namespace tacit::testing
