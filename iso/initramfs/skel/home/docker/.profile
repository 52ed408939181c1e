# Your own settings, read by login shells. This directory is kept on the store; without a store it is new at each boot.
