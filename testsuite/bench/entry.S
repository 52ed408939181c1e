/*
 * entry: a "kernel" that prints the time stamp counter at its entry on the serial line, as 16 hexadecimal digits, and
 * switches the machine off. It measures the firmware's instructions before the kernel runs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
	.code16
	.org	0x1f1		# the header of the Linux boot protocol
	.byte	1		# sectors of real-mode code after the first
	.org	0x1fe
	.word	0xaa55
	jmp	start
	.org	0x202
	.ascii	"HdrS"
	.word	0x0206
	.org	0x211
	.byte	1		# the rest is loaded high
	.org	0x22c
	.long	0x37ffffff	# where an initrd may end
	.org	0x240

start:
	rdtsc
	mov	%eax, %esi
	mov	%edx, %ebx
	call	hex
	mov	%esi, %ebx
	call	hex
	mov	$0x604, %dx	# ACPI power off of QEMU's q35
	mov	$0x2000, %ax
	out	%ax, %dx
	hlt

hex:	mov	$8, %cx
	mov	$0x3f8, %dx
digit:	rol	$4, %ebx
	mov	%bl, %al
	and	$15, %al
	add	$'0', %al
	cmp	$'9', %al
	jbe	put
	add	$'a' - '9' - 1, %al
put:	out	%al, %dx
	loop	digit
	ret
	.org	0x400
	.fill	512
