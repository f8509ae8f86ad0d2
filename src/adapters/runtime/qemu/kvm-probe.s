# The probe guest as a firmware image of 64 KiB, linked at 0xF0000. Phases are letters on port 0xe9, the verdict goes to 0xf4.
# It does what any 64-bit kernel does early and what half-working KVM stumbles over: long mode, a jump to the high half,
# traps, a page fault, interrupts, ring 3 and back. Build:
#   as -o p.o kvm-probe.s && ld -m elf_x86_64 -Ttext 0xf0000 --oformat binary -o p.bin p.o -e _start
.set PT, 0x10000
.set IDT, 0x18000
.set STK, 0x20000
.set STK0, 0x22000
.set USTK, 0x24000
.set HI, 0xffffffff80000000
.code16
.globl _start
_start:
  cli
  cld
  movw $0xf000,%ax
  movw %ax,%ds
  xorw %ax,%ax
  movw %ax,%ss
  movw $0x7000,%sp
  movb $'R',%al
  outb %al,$0xe9
  movw $(PT>>4),%ax
  movw %ax,%es
  xorw %di,%di
  xorl %eax,%eax
  movw $0x2000,%cx         # 32 KiB / 4
  rep stosl
  # PML4[0],[511] -> PT+0x1007 ; PDPT(0x1000)[0],[510] -> PT+0x2007 ; PD[0]= 0x87 (2MiB RWU)
  movl $(PT+0x1007),%es:0
  movl $(PT+0x1007),%es:0xff8
  movl $(PT+0x2007),%es:0x1000
  movl $(PT+0x2007),%es:0x1ff0
  movl $0x87,%es:0x2000
  movl $(PT+0x3007),%es:0x1018
  movl $0xfee00097,%es:0x3fb8
  movl $PT,%eax
  movl %eax,%cr3
  movl %cr4,%eax
  orl $0x20,%eax
  movl %eax,%cr4
  movl $0xc0000080,%ecx
  rdmsr
  orl $0x101,%eax          # LME|SCE
  wrmsr
  lgdtl gdtr-0xf0000
  movl %cr0,%eax
  orl $0x80010001,%eax      # PG WP PE
  movl %eax,%cr0
  ljmpl $8,$lm
.code64
lm:
  movl $0x10,%eax
  movl %eax,%ds
  movl %eax,%es
  movl %eax,%ss
  movq $(HI+STK),%rsp
  movb $'L',%al
  outb %al,$0xe9
  movq $(HI),%rax
  leaq hi(%rip),%rbx
  addq %rbx,%rax
  jmp *%rax
hi:                         # running in the high half
  movb $'H',%al
  outb %al,$0xe9
  # copy GDT to RAM at 0x19000 and add TSS at 0x1a000
  movq $(HI+0x19000),%rdi
  leaq gdt(%rip),%rsi
  movl $64,%ecx
  rep movsb
  movq $(HI+0x1a000),%rbx   # TSS
  movq $(HI+STK0),%rax
  movq %rax,4(%rbx)         # rsp0
  movw $104,102(%rbx)
  movq $(HI+0x19000),%rdi
  # tss descriptor at 0x28
  movw $103,0x28(%rdi)
  movw $0xa000,0x2a(%rdi)
  movb $0x01,0x2c(%rdi)
  movb $0x89,0x2d(%rdi)
  movb $0x80,0x2f(%rdi)
  movl $0xffffffff,0x30(%rdi)
  leaq gdtr2(%rip),%rax
  lgdt (%rax)
  movl $0x28,%eax
  ltr %ax
  # IDT
  leaq h_bp(%rip),%rax
  movl $3,%ecx
  call setgate
  leaq h_pf(%rip),%rax
  movl $14,%ecx
  call setgate
  leaq h_gp(%rip),%rax
  movl $13,%ecx
  call setgate
  leaq h_irq(%rip),%rax
  movl $0x20,%ecx
  call setgate
  leaq h_sys(%rip),%rax
  movl $0x80,%ecx
  call setgate
  leaq idtr(%rip),%rax
  lidt (%rax)
  int3                      # B
  movq $(HI+0x400000),%rax
  movb (%rax),%cl           # #PF -> maps? handler skips
  movb $'P',%al
  outb %al,$0xe9
  # CR3 reload, CR4.PGE toggle, swapgs, rdmsr FS base
  movq %cr3,%rax
  movq %rax,%cr3
  swapgs
  swapgs
  xorl %eax,%eax
  cpuid
  movb $'C',%al
  outb %al,$0xe9
  # LAPIC virtual wire: SVR enable, LINT0=ExtINT; then PIT irq0 via PIC
  movl $0xfee00000,%ebx
  movl $0x1ff,0xf0(%rbx)
  movl $0x700,0x350(%rbx)
  movb $0x11,%al
  outb %al,$0x20
  outb %al,$0xa0
  movb $0x20,%al
  outb %al,$0x21
  movb $0x28,%al
  outb %al,$0xa1
  movb $4,%al
  outb %al,$0x21
  movb $2,%al
  outb %al,$0xa1
  movb $1,%al
  outb %al,$0x21
  outb %al,$0xa1
  movb $0xfe,%al
  outb %al,$0x21
  movb $0xff,%al
  outb %al,$0xa1
  movb $0x34,%al
  outb %al,$0x43
  movb $0xa9,%al            # 0x4a9=1193 -> 1ms
  outb %al,$0x40
  movb $0x04,%al
  outb %al,$0x40
  xorl %r15d,%r15d
  sti
1: hlt
  cmpl $10,%r15d
  jb 1b
  cli
  movb $'T',%al
  outb %al,$0xe9
  # ring 3 and back by syscall
  movl $0xc0000081,%ecx
  xorl %eax,%eax
  movl $0x00130008,%edx     # sysret base 0x13 -> cs 0x23 ss 0x1b ; syscall cs 8 ss 0x10
  wrmsr
  movl $0xc0000082,%ecx
  leaq sysent(%rip),%rax
  movq %rax,%rdx
  shrq $32,%rdx
  wrmsr
  movl $0xc0000084,%ecx
  movl $0x200,%eax
  xorl %edx,%edx
  wrmsr
  pushq $0x1b
  pushq $USTK
  pushq $0x2
  pushq $0x23
  pushq $user
  iretq
user:
  movb $'U',%r14b
  syscall
  movb $'u',%r14b
  int $0x80
  jmp user
sysent:
  movq $(HI+STK),%rsp
  movb $'U',%al
  outb %al,$0xe9
  sysretq
h_sys:
  movb $'S',%al
  outb %al,$0xe9
  # loop measuring: 20M iterations of arithmetic is not needed
  movabsq $0x123456789abcdef0,%rax
  movq %rax,%rbx
  addq %rbx,%rax
  movabsq $0x2468acf13579bde0,%rcx
  cmpq %rcx,%rax
  jne bad
  movb $'K',%al
  outb %al,$0xe9
  movb $0x31,%al            # exit status 99
  outb %al,$0xf4
  cli
3: hlt
  jmp 3b
bad:
  movb $0x32,%al
  outb %al,$0xf4
2: hlt
  jmp 2b
setgate:
  movq $(HI+IDT),%rdi
  shll $4,%ecx
  addq %rcx,%rdi
  movw %ax,(%rdi)
  movw $8,2(%rdi)
  movw $0xee00,4(%rdi)
  shrq $16,%rax
  movw %ax,6(%rdi)
  shrq $16,%rax
  movl %eax,8(%rdi)
  ret
h_bp:
  movb $'B',%al
  outb %al,$0xe9
  iretq
h_pf:
  addq $8,%rsp
  addq $2,(%rsp)            # skip movb (%rax),%cl (2 bytes)
  iretq
h_gp:
  movb $'G',%al
  outb %al,$0xe9
  jmp bad
h_irq:
  incl %r15d
  movb $0x20,%al
  outb %al,$0x20
  iretq
.balign 8
gdt: .quad 0
  .quad 0x00af9a000000ffff  # 08 kcode64
  .quad 0x00cf92000000ffff  # 10 kdata
  .quad 0x00cff2000000ffff  # 18 udata
  .quad 0x00affa000000ffff  # 20 ucode64
  .quad 0,0,0
gdtr: .word 63
  .long gdt
gdtr2: .word 63
  .quad HI+0x19000
idtr: .word 4095
  .quad HI+IDT
.org 0xfff0
.code16
  ljmp $0xf000,$0
.org 0x10000
