linux.efi initrd=\initrd.gz root=LABEL=holdfast-root console=tty0 console=ttyS0 panic=5
