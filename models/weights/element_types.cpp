// SPDX-License-Identifier: Apache-2.0
#include "models/weights/element_types.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace tacit::models {
namespace {

struct Entry {
    const char* name;
    c10::ScalarType type;
};

constexpr std::array kTypes = {
    Entry{"F64", c10::ScalarType::Double},    Entry{"F32", c10::ScalarType::Float}, Entry{"F16", c10::ScalarType::Half},
    Entry{"BF16", c10::ScalarType::BFloat16}, Entry{"I64", c10::ScalarType::Long},  Entry{"I32", c10::ScalarType::Int},
    Entry{"I16", c10::ScalarType::Short},     Entry{"I8", c10::ScalarType::Char},   Entry{"U8", c10::ScalarType::Byte},
    Entry{"BOOL", c10::ScalarType::Bool},
};

} // namespace

std::string safetensors_name(c10::ScalarType type) {
    for (const auto& entry : kTypes) {
        if (entry.type == type) {
            return entry.name;
        }
    }
    throw std::logic_error(fmt::format("safetensors: no name for the element type {}", c10::toString(type)));
}

std::optional<c10::ScalarType> safetensors_type(const std::string& name) {
    for (const auto& entry : kTypes) {
        if (name == entry.name) {
            return entry.type;
        }
    }
    return std::nullopt;
}

} // namespace tacit::models
