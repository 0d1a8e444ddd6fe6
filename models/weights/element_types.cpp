// SPDX-License-Identifier: Apache-2.0
#include "models/weights/element_types.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace tacit::models {
namespace {

struct ElementType {
    const char* name;
    c10::ScalarType type;
};

constexpr std::array kTypes = {
    ElementType{"F64", c10::ScalarType::Double}, ElementType{"F32", c10::ScalarType::Float},
    ElementType{"F16", c10::ScalarType::Half},   ElementType{"BF16", c10::ScalarType::BFloat16},
    ElementType{"I64", c10::ScalarType::Long},   ElementType{"I32", c10::ScalarType::Int},
    ElementType{"I16", c10::ScalarType::Short},  ElementType{"I8", c10::ScalarType::Char},
    ElementType{"U8", c10::ScalarType::Byte},    ElementType{"BOOL", c10::ScalarType::Bool},
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
