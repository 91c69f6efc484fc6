# Fills 512 KiB with pseudo-random bytes from a linear-feedback shift register.
_start: li    a0, 1
        la    a1, buffer
        li    a4, 0x80000
        add   a4, a4, a1
fill:   andi  a2, a0, 1
        srli  a0, a0, 1
        beqz  a2, put
        lui   a3, 0x80200       # the taps are 0x80200003
        addi  a3, a3, 3
        xor   a0, a0, a3
        slli  a0, a0, 32        # 32 bits of it
        srli  a0, a0, 32
put:    sb    a0, 0(a1)
        addi  a1, a1, 1
        bne   a1, a4, fill
        li    a0, 0             # exit(0)
        li    a7, 93
        ecall
        .bss
buffer: .zero 0x80000
