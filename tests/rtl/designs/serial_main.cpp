// Holds the ends of a design's serial line; commands come from stdin, one per line, answers go to stdout.
//   send PERIOD HEX   bytes at PERIOD cycles per bit (a fraction is allowed)
//   level BIT CYCLES  the line held
//   run CYCLES
//   reset CYCLES
//   take COUNT LIMIT  runs until COUNT bytes came or LIMIT cycles passed; answers with all bytes so far
//   state             answers with the LEDs and the bench's counts of cycles
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "Vbench.h"
#include "verilated.h"

static double period;  // cycles per bit of the design
static std::unique_ptr<Vbench> top;
static std::vector<uint8_t> taken;

// Reads serial_tx as a UART does, in the middle of bits.
static void listen() {
  static int bit = -1;  // of the byte: 0 start, 9 stop
  static double wait = 0;
  static unsigned shift = 0;
  if (bit < 0) {
    if (top->serial_tx) return;
    bit = 0;
    wait = period / 2;
  }
  if ((wait -= 1) > 0) return;
  wait += period;
  if (bit >= 1 && bit <= 8) shift = shift >> 1 | top->serial_tx << 7;
  if (bit == 9) {
    if (top->serial_tx) taken.push_back(static_cast<uint8_t>(shift));
    else std::cerr << "bad stop bit\n";
  }
  bit = bit == 9 ? -1 : bit + 1;
}

static void cycle() {
  top->clk = 0;
  top->eval();
  top->clk = 1;
  top->eval();
  listen();
}

int main(int argc, char** argv) {
  auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  top = std::make_unique<Vbench>(context.get());
  std::string word;
  top->serial_rx = 1;
  top->rst_n = 0;
  std::cin >> period;
  while (std::cin >> word) {
    if (word == "send") {
      double each, due = 0;
      std::string hex;
      std::cin >> each >> hex;
      for (size_t i = 0; i < hex.size(); i += 2) {
        unsigned bits = std::stoul(hex.substr(i, 2), nullptr, 16) << 1 | 0x200;
        for (int b = 0; b < 10; b++, bits >>= 1) {
          top->serial_rx = bits & 1;
          for (due += each; due >= 1; due -= 1) cycle();
        }
      }
    } else if (word == "level") {
      int bit, count;
      std::cin >> bit >> count;
      top->serial_rx = bit;
      while (count-- > 0) cycle();
      top->serial_rx = 1;
    } else if (word == "run" || word == "reset") {
      long count;
      std::cin >> count;
      if (word == "reset") top->rst_n = 0;
      while (count-- > 0) cycle();
      top->rst_n = 1;
    } else if (word == "take") {
      size_t count;
      long limit;
      std::cin >> count >> limit;
      while (taken.size() < count && limit-- > 0) cycle();
      static const char digits[] = "0123456789abcdef";
      for (uint8_t byte : taken) std::cout << digits[byte >> 4] << digits[byte & 15];
      std::cout << std::endl;
      taken.clear();
    } else {
      std::cout << int(top->led) << ' ' << top->cycles_logits << ' ' << top->cycles_map << std::endl;
    }
  }
  top.reset();
}
