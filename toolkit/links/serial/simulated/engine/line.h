// A serial line of 8N1 bytes in clock cycles, both ways, and what may happen to bytes on it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>

namespace offramp {

// Bytes to levels, one level per clock cycle. A bit may last a broken number of cycles: a host's clock is its own.
class Sender {
  public:
    explicit Sender(double bit) : bit_{bit} {}

    void put(std::uint8_t byte) { queue_.push_back(byte); }
    std::size_t waiting() const { return queue_.size(); }
    bool idle() const { return left_ == 0 && queue_.empty(); }

    bool step() {
        if (left_ == 0) {
            if (queue_.empty()) return true;
            frame_ = 0x200u | static_cast<unsigned>(queue_.front()) << 1;
            queue_.pop_front();
            left_ = 10;
            age_ = 0;
            edge_ = bit_;
        }
        const bool level = frame_ & 1u;
        if (++age_ >= edge_) {
            frame_ >>= 1;
            --left_;
            edge_ += bit_;
        }
        return level;
    }

  private:
    double bit_, edge_ = 0, age_ = 0;
    unsigned frame_ = 0;
    int left_ = 0;  // bits of the byte that is being sent
    std::deque<std::uint8_t> queue_;
};

// Levels to bytes, each bit sampled in its middle.
class Receiver {
  public:
    explicit Receiver(double bit) : bit_{bit} {}

    std::uint64_t bad_stops = 0;
    bool idle() const { return bits_ < 0; }

    std::optional<std::uint8_t> step(bool level) {
        armed_ |= level;  // before the first idle level there is no byte
        if (bits_ < 0) {
            if (level || !armed_) return std::nullopt;
            bits_ = 0;
            age_ = 0;
            byte_ = 0;
            sample_ = bit_ / 2;
        }
        if (++age_ < sample_) return std::nullopt;
        sample_ += bit_;
        const int bit = bits_++;
        if (bit == 0 && level) bits_ = -1;  // a glitch, not a start bit
        if (bit >= 1 && bit <= 8) byte_ |= static_cast<unsigned>(level) << (bit - 1);
        if (bit < 9) return std::nullopt;
        bits_ = -1;
        if (!level) ++bad_stops;
        return static_cast<std::uint8_t>(byte_);
    }

  private:
    double bit_, sample_ = 0, age_ = 0;
    unsigned byte_ = 0;
    int bits_ = -1;  // seen of this byte; -1: none is under way
    bool armed_ = false;
};

// Damages bytes at random, the same in every run of one seed.
class Faults {
  public:
    static constexpr int LONGEST_CUT = 64;

    // Probabilities per byte; a cut loses this byte and up to 63 more.
    Faults(double corrupted, double dropped, double duplicated, double cut, std::uint64_t seed)
        : corrupted_{corrupted}, dropped_{dropped}, duplicated_{duplicated}, cut_{cut}, random_{seed} {}

    std::uint64_t count = 0;

    template <class Put>
    void pass(std::uint8_t byte, Put put) {
        if (lost_ == 0 && happens(cut_)) lost_ = 1 + static_cast<int>(random_() % LONGEST_CUT);
        if (lost_ > 0) {
            --lost_;
            return;
        }
        if (happens(dropped_)) return;
        if (happens(corrupted_)) byte ^= static_cast<std::uint8_t>(1 + random_() % 255);
        if (happens(duplicated_)) put(byte);
        put(byte);
    }

  private:
    double corrupted_, dropped_, duplicated_, cut_;
    int lost_ = 0;
    std::mt19937_64 random_;

    bool happens(double probability) {
        if (probability == 0.0) return false;
        const bool yes = static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
        count += yes;
        return yes;
    }
};

}  // namespace offramp
