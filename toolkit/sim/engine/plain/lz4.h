// Stands in for liblz4 in Verilator's FST writer, so that waveforms need no package: LZ4 blocks of literals only.
#pragma once

#include <cstring>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

// One sequence: a token with the number of literals (15 and more go on in bytes of up to 255), the literals.
inline int LZ4_compress_default(const char* source, char* target, int size, int room) {
    if (room < LZ4_compressBound(size)) return 0;
    char* out = target;
    *out++ = static_cast<char>((size < 15 ? size : 15) << 4);
    if (size >= 15) {
        int rest = size - 15;
        for (; rest >= 255; rest -= 255) *out++ = static_cast<char>(255);
        *out++ = static_cast<char>(rest);
    }
    std::memcpy(out, source, static_cast<std::size_t>(size));
    return static_cast<int>(out - target) + size;
}
