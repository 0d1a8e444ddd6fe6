// SPDX-License-Identifier: Apache-2.0
// What torchvision makes of images: the files of tests/oracle/augment_fixtures.py and augment_float_fixtures.py.
#pragma once

#include "tests/augment/test_images.hpp"

#include "tests/fixtures.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <istream>
#include <map>
#include <string>
#include <vector>

namespace tacit::augment {

template <class T> struct OracleCase {
    std::string name;
    std::vector<double> params;
    BasicTestImage<T> input{1, 1, 1};
    BasicTestImage<T> output{1, 1, 1};
    int whole(std::size_t i) const { return static_cast<int>(params.at(i)); }
};

inline std::uint32_t read_u32(std::istream& file) {
    std::uint32_t value = 0;
    file.read(reinterpret_cast<char*>(&value), sizeof value);
    return value;
}

template <class T> BasicTestImage<T> read_image(std::istream& file) {
    const auto height = static_cast<int>(read_u32(file));
    const auto width = static_cast<int>(read_u32(file));
    BasicTestImage<T> image(height, width, static_cast<int>(read_u32(file)));
    file.read(reinterpret_cast<char*>(image.pixels.data()),
              static_cast<std::streamsize>(image.pixels.size() * sizeof(T)));
    return image;
}

/// All cases of tests/oracle/fixtures/augment/`name`.
template <class T> std::vector<OracleCase<T>> read_cases(const std::string& name) {
    std::ifstream file(fixtures_folder() + "/augment/" + name, std::ios::binary);
    std::vector<OracleCase<T>> cases;
    char label[33] = {};
    while (file.read(label, 32)) {
        OracleCase<T> next;
        next.name = label;
        next.params.resize(read_u32(file));
        file.read(reinterpret_cast<char*>(next.params.data()), static_cast<std::streamsize>(8 * next.params.size()));
        next.input = read_image<T>(file);
        next.output = read_image<T>(file);
        cases.push_back(next);
    }
    return cases;
}

/// What a colour chain takes for the case `name`; empty if that is none of colours.
inline std::vector<ColorStep> color_steps(const std::string& name, const std::vector<double>& params) {
    const auto amount = [&](std::size_t i) { return params.at(i); };
    const auto whole = [&](std::size_t i) { return static_cast<int>(params.at(i)); };
    if (name == "color_jitter") {
        const std::vector<ColorStep> steps{Brightness{amount(4)}, Contrast{amount(5)}, Saturation{amount(6)},
                                           Hue{amount(7)}};
        const auto at = [&](std::size_t i) { return steps.at(static_cast<std::size_t>(whole(i))); };
        return {at(0), at(1), at(2), at(3)};
    }
    if (name == "channel_shuffle") {
        ChannelOrder permutation{};
        std::transform(params.begin(), params.end(), permutation.from.begin(),
                       [](double channel) { return static_cast<std::uint8_t>(channel); });
        return {permutation};
    }
    const std::map<std::string, std::function<ColorStep()>> steps{
        {"brightness", [&] { return Brightness{amount(0)}; }},
        {"contrast", [&] { return Contrast{amount(0)}; }},
        {"saturation", [&] { return Saturation{amount(0)}; }},
        {"hue", [&] { return Hue{amount(0)}; }},
        {"grayscale", [] { return Grayscale{}; }},
        {"grayscale_mean", [] { return Grayscale{GrayWeights::mean}; }},
        {"lab", [] { return Lab{}; }},
        {"solarize", [&] { return Solarize{whole(0)}; }},
        {"invert", [] { return Solarize{0}; }},
        {"posterize", [&] { return Posterize{whole(0)}; }},
        {"gamma", [&] { return Gamma{amount(0)}; }},
        {"equalize", [] { return Equalize{}; }},
        {"auto_contrast", [] { return AutoContrast{}; }}};
    const auto found = steps.find(name);
    return found == steps.end() ? std::vector<ColorStep>{} : std::vector<ColorStep>{found->second()};
}

} // namespace tacit::augment
