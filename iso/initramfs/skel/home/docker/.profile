# Yours: read by login shells. This folder stays when there is a store; without one it is new at each boot.
