import { defineConfig } from 'maestro-store';
import { BankAccount } from './account.js';

export default defineConfig({ aggregates: [BankAccount] });
